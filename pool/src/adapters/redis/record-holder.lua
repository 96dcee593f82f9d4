-- KEYS: record. Answers its epoch and device, in hexadecimal.
local record = readRecord(KEYS[1])
if not record then return {} end
local device = string.gsub(record.device, '.', function(byte) return string.format('%02x', string.byte(byte)) end)
return { numeral(record.epoch), device }
