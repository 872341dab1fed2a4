using Exeunt.Guard;
using Exeunt.Guard.Revocations;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;
using static Exeunt.Tests.Guard.Endings;

namespace Exeunt.Tests.Guard;

/// <summary>The index must answer as the plain list of its records would: covered if any live one covers.</summary>
public class RevocationIndexModelTests
{
    private static readonly RevocationScope[] Scopes = Enum.GetValues<RevocationScope>();
    private static readonly string[] Issuers = [Issuer, "https://clerk.example.com", ""];
    private static readonly string[] Clients = ["web", "app", ""];

    [Theory]
    [InlineData(3000, 4, 12, 30)] // few subjects and sessions: everything meets everything
    [InlineData(8, 3000, 4000, 8000)] // many: tables grow and chains share buckets
    public void P3_The_index_answers_as_the_list_of_live_records_does(int rounds, int subjects, int sessions, int records)
    {
        var random = Races.Seeded(out var seed);
        var (asked, refused) = (0, 0);
        for (var round = 0; round < rounds; round++)
        {
            var world = new World(random, subjects, sessions, wideShare: 3.0 / records);
            var index = new RevocationIndex();
            var applied = new List<Revocation>();
            var now = Noon;
            var merged = false;
            List<(TokenFacts Facts, RepeatedToken Token)> repeated = []; // also those from before a file brought another key

            for (var step = 0; step < 3; step++)
            {
                var batch = Enumerable.Range(0, random.Next(records / 3 + 1)).Select(_ => world.Revocation()).ToList();
                applied.AddRange(batch);
                if (applied.Count > 0) batch.AddRange(Enumerable.Range(0, random.Next(5)).Select(_ => random.Pick(applied))); // repeats, in any order

                var file = random.Chance(0.2);
                merged |= file;
                if (file) index = MergedThroughAFile(index, batch, random);
                else index.Apply(batch);

                now = now.AddSeconds(random.Next(30));
                index.RemoveExpired(now);
                applied.RemoveAll(r => r.Expires <= now); // what has expired is not applied again: a feed does not send it

                for (var i = 0; i < 60; i++)
                {
                    var token = world.Token();
                    var expected = applied.Exists(r => r.Covers(token));
                    repeated.Add((token, index.Repeat(token)));
                    asked++;
                    if (expected) refused++;
                    Assert.True(expected == index.IsRevoked(token), $"seed {seed}, round {round}: {Text(token)} should be {(expected ? "refused" : "let through")}");
                }

                foreach (var (facts, token) in repeated)
                    Assert.True(index.IsRevoked(facts) == index.IsRevoked(token), $"seed {seed}, round {round}: {Text(facts)} is judged otherwise when it is repeated");

                Assert.True(merged || index.Count <= applied.Count, $"seed {seed}, round {round}: {index.Count} entries for {applied.Count} records");
            }
        }

        Assert.InRange(refused / (double)asked, 0.1, 0.9); // the world is neither all light nor all dark
    }

    // Half of the batch is learnt by another index, under another key, and comes in by its file; or all that is known goes through one.
    private static RevocationIndex MergedThroughAFile(RevocationIndex index, List<Revocation> batch, Random random)
    {
        var other = new RevocationIndex();
        other.Apply(batch[..(batch.Count / 2)]);
        index.Apply(batch[(batch.Count / 2)..]);
        using var file = new MemoryStream();
        other.Save(file);
        file.Position = 0;
        Assert.Equal(IndexLoad.Loaded, index.Load(file));
        if (random.Chance(0.5)) return index;

        using var whole = new MemoryStream();
        index.Save(whole);
        whole.Position = 0;
        var restarted = new RevocationIndex();
        Assert.Equal(IndexLoad.Loaded, restarted.Load(whole));
        Assert.Equal(index.Count, restarted.Count);
        return restarted;
    }

    private static string Text(in TokenFacts t) =>
        $"iss={t.Issuer} sub={t.Subject} sid={t.Session} own={t.OwnSession is not null} jti={t.TokenId} client={t.Client} kid={t.KeyId} began={t.SessionBegan}";

    private sealed class World
    {
        private readonly Random random;
        private readonly double wideShare;
        private readonly string[] subjects;
        private readonly SessionId[] own;
        private readonly string?[] sids;

        public World(Random random, int subjectCount, int sessionCount, double wideShare)
        {
            this.random = random;
            this.wideShare = wideShare;
            subjects = [.. Enumerable.Range(0, subjectCount).Select(i => i == 0 ? "" : $"user-{i}")];
            own = [.. Enumerable.Range(0, sessionCount).Select(_ => SessionAt(Noon.AddMilliseconds(random.Next(sessionCount))))]; // some share a millisecond
            sids = [.. own.Select(s => s.ToString()), "", "\0", null, .. Enumerable.Range(0, sessionCount / 2).Select(i => $"sess_{i}")];
        }

        public Revocation Revocation()
        {
            var scope = random.Pick(Scopes);
            var key = scope switch
            {
                RevocationScope.Token => $"jti-{random.Next(sids.Length)}",
                RevocationScope.Session => random.Pick(sids) ?? "sess_0",
                RevocationScope.Key => $"k{random.Next(3)}",
                RevocationScope.User => random.Pick(subjects),
                RevocationScope.Client => random.Pick(Clients),
                _ => "",
            };
            var expires = Noon.AddMilliseconds(random.Next(120_000));
            var issuer = random.Pick(Issuers);

            // Wide scopes are rare here, or they would hide all others.
            var wide = scope is RevocationScope.Client or RevocationScope.Issuer or RevocationScope.Everyone or RevocationScope.Key;
            if (wide && !random.Chance(wideShare)) return Revocation();
            return scope is RevocationScope.Token or RevocationScope.Session or RevocationScope.Key
                ? Point(scope, key, expires, issuer)
                : CutOff(scope, key, UpTo(), UpToSecond(), random.Chance(0.4) ? random.Pick(sids) : null, expires, issuer);
        }

        public TokenFacts Token()
        {
            var isOwn = random.Chance(0.6);
            var session = random.Pick(own);
            return new()
            {
                Issuer = random.Pick(Issuers),
                Subject = random.Pick(subjects),
                Session = isOwn ? session.ToString() : random.Pick(sids),
                OwnSession = isOwn ? session : null,
                SessionBegan = random.Chance(0.7) ? Second() : null,
                TokenId = random.Chance(0.8) ? $"jti-{random.Next(sids.Length)}" : null,
                Client = random.Chance(0.8) ? random.Pick(Clients) : null,
                KeyId = random.Chance(0.8) ? $"k{random.Next(6)}" : null,
            };
        }

        private SessionId? UpTo() => random.Chance(0.15) ? null : random.Pick(own);

        private long? UpToSecond() => random.Chance(0.4) ? null : Second();

        private long Second() => Noon.ToUnixTimeSeconds() + random.Next(8); // so few that the same second is met often
    }
}
