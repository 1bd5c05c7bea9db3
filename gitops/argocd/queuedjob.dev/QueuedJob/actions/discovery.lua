-- Which actions a QueuedJob has now.
local status = obj.status or {}
local phase = status.phase or "Pending"
local over = phase == "Succeeded" or phase == "Cancelled" or phase == "DeadLettered" or phase == "Quarantined"
local leaves = obj.metadata.deletionTimestamp ~= nil or obj.spec.cancel == true
local suspended = obj.spec.suspend == true
local open = not over and not leaves

return {
  ["retry-now"] = { disabled = not open or suspended or phase ~= "Waiting", displayName = "Retry now" },
  ["suspend"] = { disabled = not open or suspended },
  ["resume"] = { disabled = leaves or not suspended },
}
