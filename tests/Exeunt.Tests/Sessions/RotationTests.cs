using Exeunt.Sessions;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Sessions;

/// <summary>The rule by which refresh tokens turn, against its table and against people who behave.</summary>
public class RotationTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void RT_4_every_state_within_reach_is_judged_as_the_table_says()
    {
        var seen = new HashSet<(Generations, DateTimeOffset)>();
        var open = new Queue<(Generations Row, DateTimeOffset Now, int Depth)>();
        open.Enqueue((new(0, null, null), Start, 0));
        var judged = 0;

        while (open.TryDequeue(out var state))
        {
            foreach (var wait in (TimeSpan[])[TimeSpan.Zero, Window - TimeSpan.FromMilliseconds(1), Window, Window * 2])
            {
                var now = state.Now + wait;
                for (uint presented = 0; presented <= state.Row.Current + 2; presented++)
                {
                    foreach (var sameDevice in (bool[])[true, false])
                    {
                        var verdict = Rotation.Decide(state.Row, presented, sameDevice, now, Window);
                        Assert.Equal(Table(state.Row, presented, sameDevice, now), verdict);
                        judged++;

                        var next = verdict switch { RotationVerdict.Rotate r => r.Next, RotationVerdict.RolledBack b => b.Next, _ => state.Row };
                        if (state.Depth < 5 && seen.Add((next, now))) open.Enqueue((next, now, state.Depth + 1));
                    }
                }
            }
        }

        output.WriteLine($"{judged} judgements over {seen.Count} states");
        Assert.True(judged > 10_000);
    }

    /// <summary>DESIGN's table, cell by cell, written as a table and not as the code is.</summary>
    private static RotationVerdict Table(Generations row, uint presented, bool sameDevice, DateTimeOffset now)
    {
        var column = row.RotatedAt is { } turned && now < turned + Window ? "within" : "after";
        var line = presented == row.Current ? "current"
            : presented > row.Current ? "newer"
            : presented == row.Predecessor ? "predecessor"
            : "void or older";

        return (line, column) switch
        {
            ("current", "within") => new RotationVerdict.Converge(presented),
            ("current", "after") => new RotationVerdict.Rotate(new(presented + 1, presented, now), AnswerWasLost: false),
            ("predecessor", "within") => new RotationVerdict.Converge(row.Current),
            ("predecessor", "after") when sameDevice => new RotationVerdict.Rotate(new(row.Current + 1, presented, now), AnswerWasLost: true),
            ("predecessor", "after") => new RotationVerdict.Theft(),
            ("void or older", _) => new RotationVerdict.Theft(),
            ("newer", _) => new RotationVerdict.RolledBack(new(presented + 1, presented, now)),
            _ => throw new InvalidOperationException(),
        };
    }

    [Fact]
    public void RT_8_a_late_predecessor_is_answered_and_what_was_lost_becomes_void()
    {
        var device = new Device();
        var p = device.Refresh(0);
        Assert.Equal(1u, p);
        device.Wait(Window);
        Assert.Equal(2u, device.Refresh(0)); // the answer 1 was lost: 0 is still good
        device.Wait(Window);
        Assert.Null(device.Refresh(1)); // whoever has 1 did not get it from us
    }

    [Fact]
    public void RT_8_two_answers_lost_in_a_row_lose_nothing()
    {
        var device = new Device();
        device.Refresh(0);
        device.Wait(Window);
        device.Refresh(0);
        device.Wait(Window);
        Assert.Equal(3u, device.Refresh(0));
        device.Wait(Window);
        Assert.Equal(4u, device.Refresh(3));
    }

    [Fact]
    public void RT_8_of_three_tabs_one_that_is_delayed_past_two_turns_looks_like_theft()
    {
        var device = new Device();
        Assert.Equal(1u, device.Refresh(0));
        Assert.Equal(1u, device.Refresh(0)); // the second tab meets the first
        device.Wait(Window);
        Assert.Equal(2u, device.Refresh(1));
        device.Wait(Window);
        Assert.Equal(3u, device.Refresh(2));
        Assert.Null(device.Refresh(0)); // the third tab's request, sent two turns ago
    }

    /// <summary>
    /// P6: tabs that share their storage and take turns as the browser kit makes them, with requests doubled on the way and answers lost or up to 0.8 of the
    /// window late (later ones are dropped), never look like theft.
    /// </summary>
    [Fact]
    public void P6_people_who_behave_are_never_taken_for_thieves()
    {
        var random = Races.Seeded(output);

        for (var round = 0; round < 2_000; round++)
        {
            var device = new Device();
            uint stored = 0;
            for (var step = 0; step < 40; step++)
            {
                device.Wait(TimeSpan.FromMilliseconds(random.Next(0, 40_000)));
                uint? answer = null;
                for (var copies = random.Next(1, 4); copies > 0; copies--)
                {
                    answer = device.Refresh(stored);
                    Assert.True(answer is not null, $"round {round}, step {step}: {device.Row} was asked with {stored}");
                }

                device.Wait(Window * 0.8 * random.NextDouble());
                if (random.Next(3) > 0) stored = answer!.Value;
            }
        }
    }

    /// <summary>A copy shows itself as soon as both have turned.</summary>
    [Fact]
    public void RT_5_a_copied_token_shows_itself_at_the_next_turn_of_the_other()
    {
        var device = new Device();
        var owner = device.Refresh(0)!.Value;
        var thief = owner;
        device.Wait(Window);
        owner = device.Refresh(owner)!.Value;
        device.Wait(Window);
        owner = device.Refresh(owner)!.Value;
        device.Wait(Window);
        Assert.Null(device.Refresh(thief));
        Assert.Equal(3u, owner);
    }

    private sealed class Device
    {
        public Generations Row { get; private set; } = new(0, null, null);

        public DateTimeOffset Now { get; private set; } = Start;

        public void Wait(TimeSpan time) => Now += time;

        /// <returns>The generation of the answer; null for theft.</returns>
        public uint? Refresh(uint presented)
        {
            switch (Rotation.Decide(Row, presented, sameDevice: true, Now, Window))
            {
                case RotationVerdict.Converge(var generation): return generation;
                case RotationVerdict.Rotate(var next, _): Row = next; return next.Current;
                case RotationVerdict.RolledBack(var next): Row = next; return next.Current;
                default: return null;
            }
        }
    }
}
