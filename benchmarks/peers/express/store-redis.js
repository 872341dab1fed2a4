// Refresh tokens and the blacklist in Redis: keys that expire by themselves, and one script for each change, so that it happens as a whole and in one round trip.
import { createClient, defineScript } from 'redis';
import { ACCESS_SECONDS, REFRESH_SECONDS, hashRefresh } from './tokens.js';

const key = (refresh) => `refresh:${hashRefresh(refresh).toString('base64url')}`;

const script = (numberOfKeys, SCRIPT) =>
  defineScript({
    SCRIPT,
    NUMBER_OF_KEYS: numberOfKeys,
    parseCommand: (parser, keys, args) => {
      parser.pushKeys(keys);
      parser.push(...args.map(String));
    },
    transformReply: (reply) => reply,
  });

const scripts = {
  rotate: script(2, `
    local stored = redis.call('GETDEL', KEYS[1])
    if not stored then return false end
    local session = cjson.decode(stored)
    local all = 'sessions:' .. session.userId
    redis.call('SET', KEYS[2], stored, 'EX', ARGV[1])
    redis.call('SREM', all, KEYS[1])
    redis.call('SADD', all, KEYS[2])
    return stored`),
  end: script(1, `
    local stored = redis.call('GETDEL', KEYS[1])
    if not stored then return 0 end
    local session = cjson.decode(stored)
    redis.call('SREM', 'sessions:' .. session.userId, KEYS[1])
    redis.call('SET', 'revoked:' .. session.sid, '1', 'EX', ARGV[1])
    return 1`),
  endAll: script(1, `
    local ended = 0
    for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
      local stored = redis.call('GETDEL', key)
      if stored then
        redis.call('SET', 'revoked:' .. cjson.decode(stored).sid, '1', 'EX', ARGV[1])
        ended = ended + 1
      end
    end
    redis.call('DEL', KEYS[1])
    return ended`),
};

export async function open() {
  const redis = await createClient({ url: process.env.PEER_REDIS, scripts }).on('error', (failure) => console.error(failure)).connect();
  const add = (to, userId, sid, refresh) =>
    to.set(key(refresh), JSON.stringify({ userId, sid }), { EX: REFRESH_SECONDS }).sAdd(`sessions:${userId}`, key(refresh));
  return {
    async findUser(email) {
      const stored = await redis.get(`user:${email}`);
      return stored ? JSON.parse(stored) : undefined;
    },

    addSession: (userId, sid, refresh) => add(redis.multi(), userId, sid, refresh).exec(),

    /** Puts the next token into the place of this one; undefined when it is not good. */
    async rotate(refresh, next) {
      const stored = await redis.rotate([key(refresh), key(next)], [REFRESH_SECONDS]);
      return stored ? JSON.parse(stored) : undefined;
    },

    /** Deletes the refresh token and lists its session until the last access token has expired; false when there was none. */
    async end(refresh) {
      return (await redis.end([key(refresh)], [ACCESS_SECONDS])) === 1;
    },

    /** The same for all sessions of a user; how many those were. */
    endAll: (userId) => redis.endAll([`sessions:${userId}`], [ACCESS_SECONDS]),

    async isRevoked(sid) {
      return (await redis.exists(`revoked:${sid}`)) > 0;
    },

    clean: async () => {}, // keys go by themselves
    create: async () => {},

    /** Thousands at a time, for the benchmark. */
    async fill(users, sessions) {
      const batch = redis.multi();
      for (const { id, email, passwordHash } of users) batch.set(`user:${email}`, JSON.stringify({ id, passwordHash }));
      for (const { userId, sid, refresh } of sessions) add(batch, userId, sid, refresh);
      await batch.execAsPipeline();
    },

    close: () => redis.close(),
  };
}
