-- KEYS: record. ARGV: epoch, rev, device, address, place, details, half, over, ttl.
local epoch, rev = tonumber(ARGV[1]), tonumber(ARGV[2])
local old = readRecord(KEYS[1])
local attempt = NO_ATTEMPT
if old then
  if epoch < old.epoch then return 'lower' end
  if epoch == old.epoch then
    if rev <= old.rev then return 'taken' end
    attempt = old.attempt
  end
end
keepRecord(KEYS[1], {
  epoch = epoch, rev = rev, attempt = attempt, device = ARGV[3], address = ARGV[4], place = ARGV[5],
  details = wordOf(ARGV[6]), half = wordOf(ARGV[7]), over = wordOf(ARGV[8]),
}, ARGV[9])
return 'taken'
