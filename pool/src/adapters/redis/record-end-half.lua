-- KEYS: record. ARGV: chat, epoch, ttl.
local record = readRecord(KEYS[1])
if not record or chatIn(record.over) == ARGV[1] then return { 'ended' } end
if record.epoch > tonumber(ARGV[2]) then return { 'refused', record.address, numeral(record.epoch) } end
if chatIn(record.half) == ARGV[1] then
  record.over = ARGV[1] .. string.sub(record.half, 45, 55)
  record.place, record.details, record.half = 'idle', nil, nil
  keepRecord(KEYS[1], record, ARGV[3])
end
return { 'ended' }
