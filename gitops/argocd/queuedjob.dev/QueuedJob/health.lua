-- The health of a QueuedJob. `phase` is enough to tell it; the words are those of the status.
local status = obj.status or {}
local phase = status.phase or "Pending"
local observed = status.observedGeneration or -1

local words = status.reason or ""
if status.message ~= nil and status.message ~= "" then
  words = words .. ": " .. status.message
end

if obj.metadata.deletionTimestamp ~= nil then
  return { status = "Progressing", message = "It is being deleted" }
end
if phase == "Succeeded" then
  return { status = "Healthy", message = words }
end
if phase == "Cancelled" then
  return { status = "Healthy", message = words }
end
if phase == "DeadLettered" or phase == "Quarantined" then
  if observed < obj.metadata.generation then
    return { status = "Progressing", message = "Its spec has changed since it died: it is to run again" }
  end
  local letter = status.deadLetterRef
  if letter ~= nil then
    words = words .. " (DeadLetter " .. letter.name .. ")"
  end
  return { status = "Degraded", message = words }
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.type == "Unreadable" and condition.status == "True" then
    return { status = "Degraded", message = condition.message }
  end
end
if observed < 0 then
  return { status = "Progressing", message = "No operator has looked at it yet" }
end
if obj.spec.suspend == true and status.reason == "Suspended" then
  return { status = "Suspended", message = words }
end
return { status = "Progressing", message = words }
