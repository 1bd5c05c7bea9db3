-- The health of a DeadLetter: one that waits for a person is not well.
local phase = (obj.status or {}).phase or "Dead"
local resolution = obj.spec.resolution or {}
if phase == "Resolved" or resolution.state == "Resolved" then
  return { status = "Healthy", message = "A person has closed the case" }
end
if phase == "Redriven" then
  return { status = "Healthy", message = "Its job has run again" }
end
local words = obj.spec.reason
if obj.spec.action ~= nil then
  words = words .. ", action " .. obj.spec.action
end
if obj.spec.message ~= nil and obj.spec.message ~= "" then
  words = words .. ": " .. obj.spec.message
end
return { status = "Degraded", message = words }
