using Exeunt.Guard;
using Exeunt.Protocol.Revocations;
using Exeunt.Tests.Support;
using static Exeunt.Tests.Guard.Endings;

namespace Exeunt.Tests.Guard;

/// <summary>Readers hold no lock; these tests let them run beside a writer that makes every table move.</summary>
public class RevocationIndexConcurrencyTests
{
    private const int Readers = 3;

    [Fact]
    public async Task P3_Once_applied_an_ending_is_seen_by_every_thread_while_tables_grow_and_shrink()
    {
        var index = new RevocationIndex();
        var sessions = Enumerable.Range(0, 60_000).Select(i => SessionAt(Noon.AddMilliseconds(i))).ToArray();
        var applied = 0;

        var misses = await BesideAsync(
            writer: () =>
            {
                for (var i = 0; i < sessions.Length; i++)
                {
                    index.Apply(i % 3 == 0
                        ? CutOff(RevocationScope.User, $"user-{i}", sessions[i], expires: Noon.AddDays(1))
                        : Point(RevocationScope.Session, sessions[i].ToString(), Noon.AddDays(1)));
                    Volatile.Write(ref applied, i + 1);
                    index.Apply(Point(RevocationScope.Session, $"short-{i}", Noon.AddSeconds(1 + i)));
                    if (i % 2000 == 0) index.RemoveExpired(Noon.AddSeconds(i));
                }
            },
            reader: random =>
            {
                var known = Volatile.Read(ref applied);
                if (known == 0) return true;
                var i = random.Next(known);
                return index.IsRevoked(Own(sessions[i], $"user-{i}"));
            });

        Assert.Equal(0, misses);
    }

    [Fact]
    public async Task P1_Replacing_cut_offs_never_lets_an_ended_session_through_nor_refuses_the_spared_one()
    {
        var index = new RevocationIndex();
        var ended = SessionAt(Noon);
        var spared = SessionAt(Noon.AddSeconds(1));
        index.Apply(CutOff(RevocationScope.User, "ada", spared, except: spared.ToString()));

        var mistakes = await BesideAsync(
            writer: () =>
            {
                for (var i = 0; i < 100_000; i++)
                {
                    var upTo = SessionAt(Noon.AddSeconds(2 + i));
                    index.Apply(CutOff(RevocationScope.User, "ada", upTo, except: spared.ToString(), expires: Noon.AddHours(1).AddSeconds(i)));
                    index.Apply(CutOff(RevocationScope.User, $"user-{i % 500}", SessionAt(Noon.AddSeconds(i)))); // others share her buckets
                    if (i % 1000 == 0) index.RemoveExpired(Noon);
                }
            },
            reader: _ => index.IsRevoked(Own(ended)) && !index.IsRevoked(Own(spared)));

        Assert.Equal(0, mistakes);
    }

    [Fact]
    public async Task A_file_saved_beside_a_writer_holds_all_that_was_applied_before()
    {
        var index = new RevocationIndex();
        var applied = 0;
        var files = new List<(int Applied, byte[] File)>();

        await BesideAsync(
            writer: () =>
            {
                for (var i = 0; i < 30_000; i++)
                {
                    index.Apply(i % 4 == 0 ? CutOff(RevocationScope.User, $"user-{i}", null, upToSecond: 100) : Point(RevocationScope.Session, $"sess_{i}"));
                    Volatile.Write(ref applied, i + 1);
                }
            },
            reader: _ =>
            {
                lock (files)
                {
                    if (files.Count >= 20) return true;
                    using var file = new MemoryStream();
                    var known = Volatile.Read(ref applied);
                    index.Save(file);
                    files.Add((known, file.ToArray()));
                    return true;
                }
            });

        Assert.NotEmpty(files);
        foreach (var (known, file) in files)
        {
            var restarted = new RevocationIndex();
            Assert.Equal(IndexLoad.Loaded, restarted.Load(new MemoryStream(file)));
            for (var i = 0; i < known; i++) Assert.True(restarted.IsRevoked(Outside($"sess_{i}", 100, $"user-{i}")));
        }
    }

    // Runs the reader on several threads until the writer is done; returns how often a reader said no.
    private static async Task<int> BesideAsync(Action writer, Func<Random, bool> reader)
    {
        var random = Races.Seeded();
        var done = 0;
        using var started = new CountdownEvent(Readers);
        var readers = Enumerable.Range(0, Readers).Select(_ => random.Next()).Select(seed => Task.Factory.StartNew(
            () =>
            {
                var own = new Random(seed);
                var no = 0;
                started.Signal();
                while (Volatile.Read(ref done) == 0)
                {
                    if (!reader(own)) no++;
                }

                return no;
            },
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();

        started.Wait(TestContext.Current.CancellationToken);
        try
        {
            writer();
        }
        finally
        {
            Volatile.Write(ref done, 1);
        }

        return (await Task.WhenAll(readers)).Sum();
    }
}
