-- Which actions a DeadLetter has now.
local resolution = obj.spec.resolution or {}
return { ["resolve"] = { disabled = resolution.state == "Resolved" } }
