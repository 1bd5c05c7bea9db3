-- Ends the wait for the next attempt, once: each new time does.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["queuedjob.dev/retry-now"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
