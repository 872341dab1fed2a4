using System.Diagnostics;
using Exeunt.Guard;
using Exeunt.Guard.Revocations;
using Exeunt.LoadBench.Prepared;
using Exeunt.LoadBench.Results;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.LoadBench.Measures;

/// <summary>
/// The question that every request asks, by itself: live tokens that were verified before, each of another person, in random order, so that neither the tokens
/// nor the places that they are looked up at lie in the processor's caches. Beside it the same by their texts, as a token is asked about for the first time.
/// </summary>
internal static class IndexCheck
{
    /// <summary>What the plot takes the figures by.</summary>
    public const string FigurePrefix = "Index check, ";

    /// <summary>The goal.</summary>
    public const int PromisedNanoseconds = 150;

    private const int PromisedBytes = 24;
    private const int Tokens = 1 << 14;
    private const int Slices = 100; // of a round: another program that takes the processor for a while disturbs some of them, and not their median
    private const int Checks = 20_000; // of a slice

    private static readonly int[] Sizes = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000];

    public static Findings Measure(Bench bench)
    {
        var now = TimeProvider.System.GetUtcNow();
        var tokens = Enumerable.Range(0, Tokens).Select(_ => Token(now)).ToArray();
        var checks = bench.Scaled(Checks);
        var (took, byText, allocated, perEntry) = (new List<Spread>(), Spread.Of([0]), 0L, 0.0);
        foreach (var size in Sizes)
        {
            bench.Say($"The index check: {size:N0} endings");
            var index = new ManyRevocations(size, now).Index;
            if (index.Count != size) throw new InvalidDataException($"The index holds {index.Count:N0} of {size:N0} endings.");
            RepeatedToken[] known = [.. tokens.Select(token => index.Repeat(token))];
            took.Add(Rounds(i => index.IsRevoked(known[i])));
            byText = Rounds(i => index.IsRevoked(tokens[i]));
            perEntry = (double)index.Bytes / index.Count;
        }

        return new(
            [],
            [
                new($"The index check takes at most {PromisedNanoseconds} ns at {Sizes[^1]:N0} endings", took[^1].Median <= PromisedNanoseconds, $"{took[^1].Median:0.0} ns, a live token"),
                new("The index check allocates nothing", allocated == 0, $"{allocated:N0} B in {2L * checks * Slices * (bench.Rounds + 1) * Sizes.Length:N0} checks"),
                new($"An ending takes at most {PromisedBytes} bytes of the index", perEntry <= PromisedBytes, $"{perEntry:0.0} bytes at {Sizes[^1]:N0}, 90 % sessions, 10 % users"),
            ],
            [
                .. Sizes.Zip(took, (size, spread) => new Figure($"{FigurePrefix}{size:N0} endings", spread, "ns")),
                new Figure($"Index check of a token that is new, {Sizes[^1]:N0} endings", byText, "ns"),
            ]);

        Spread Rounds(Func<int, bool> isRevoked)
        {
            var rounds = new double[bench.Rounds + 1];
            for (var round = 0; round < rounds.Length; round++) rounds[round] = Round(isRevoked);
            return Spread.Of(rounds.Skip(1)); // the first one warms
        }

        double Round(Func<int, bool> isRevoked)
        {
            var (slices, place) = (new double[Slices], 1u);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var slice = 0; slice < Slices; slice++) slices[slice] = Slice(isRevoked, checks, ref place);
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            return Spread.Of(slices).Median;
        }
    }

    private static double Slice(Func<int, bool> isRevoked, int checks, ref uint place)
    {
        var ended = 0;
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < checks; i++)
        {
            place = (place * 1664525) + 1013904223; // the next place, by a generator that costs nothing beside the check
            if (isRevoked((int)(place >> 18))) ended++;
        }

        var took = Stopwatch.GetElapsedTime(started).TotalNanoseconds / checks;
        return ended == 0 ? took : throw new InvalidDataException($"{ended} live tokens were refused.");
    }

    // The texts are made anew, as those of a parsed token are.
    private static TokenFacts Token(DateTimeOffset now)
    {
        var session = Id.New<SessionId>(now.AddSeconds(1));
        return new()
        {
            Issuer = new string(ManyRevocations.Issuer.AsSpan()),
            Subject = Id.New<UserId>(now).ToString(),
            Session = session.ToString(),
            OwnSession = session,
            TokenId = Id.New<EventId>(now).ToString(),
            Client = "web",
            KeyId = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        };
    }
}
