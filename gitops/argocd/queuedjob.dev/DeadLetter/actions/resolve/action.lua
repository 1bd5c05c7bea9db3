-- Closes the case without running the job again. A note that is there stays.
if obj.spec.resolution == nil then
  obj.spec.resolution = {}
end
obj.spec.resolution.state = "Resolved"
return obj
