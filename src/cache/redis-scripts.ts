/**
 * What Redis does in one step. The keys of one script have the same braces, so that a cluster has them in one place; none
 * has more than a value's key and that of its lock.
 */

/**
 * Takes the lock `KEYS[1]` for `ARGV[2]` milliseconds. One whose holder has given up waiting for its factory can be taken:
 * the holder keeps its value all the same, unless somebody else has begun in its place.
 */
export const takeLock = `
local held = redis.call('get', KEYS[1])
if held and string.sub(held, 1, 5) ~= 'late:' then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

/** Extends the lock if it is still ours: it may have run out and be somebody else's. */
export const extendLock = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end
return 0`;

/** Lets others make the value, without giving up the right to keep ours. */
export const lendLock = `
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], 'late:' .. ARGV[1], 'PX', ARGV[2])
return 1`;

export const releaseLock = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

/**
 * Keeps a value that was made under the lock `KEYS[2]`, if that is still ours: whoever deletes the key, or sets it, takes the
 * lock away, since what was begun before does not know of it.
 */
export const keepMade = `
local held = redis.call('get', KEYS[2])
if held ~= ARGV[1] and held ~= 'late:' .. ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('del', KEYS[2])
return 1`;

/** Keeps a value, whoever is making another. */
export const keepSet = `
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return redis.call('del', KEYS[2])`;

/**
 * The version of the tag `KEYS[1]`; it gets `ARGV[1]` if it has none, and is remembered for `ARGV[2]` seconds at least. Never
 * for less than it was: a value that lives longer would be none any more.
 */
export const versionOf = `
local version = redis.call('get', KEYS[1])
if not version then
  redis.call('set', KEYS[1], ARGV[1], 'EX', ARGV[2])
  return ARGV[1]
end
if redis.call('ttl', KEYS[1]) < tonumber(ARGV[2]) then redis.call('expire', KEYS[1], ARGV[2]) end
return version`;

/** Deletes a value of ours that is not of the epoch `ARGV[1]`. */
export const dropEarlier = `
if redis.call('type', KEYS[1]).ok ~= 'string' then return 0 end
local head = redis.call('getrange', KEYS[1], 0, 63)
if string.sub(head, 1, 5) ~= 'covet' or string.find(head, ARGV[1], 1, true) then return 0 end
return redis.call('unlink', KEYS[1])`;
