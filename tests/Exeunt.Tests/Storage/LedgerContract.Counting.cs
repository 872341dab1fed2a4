using Exeunt.Accounts;
using Exeunt.Audit;
using Exeunt.Hosting;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;
using Exeunt.Storage.Journal;
using Exeunt.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;

namespace Exeunt.Tests.Storage;

/// <content>Counts are exact in every combination: random rounds against a model that judges each session by itself.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task Counts_are_exact_in_every_combination()
    {
        var seed = Random.Shared.Next();
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        for (var round = 0; round < 5; round++) await CountInRandomHistoryAsync(unchecked(seed + round));
    }

    [Theory]
    [InlineData(RevocationScope.User)]
    [InlineData(RevocationScope.Client)]
    [InlineData(RevocationScope.Issuer)]
    [InlineData(RevocationScope.Everyone)]
    public async Task A_single_cut_off_of_any_scope_counts_against_a_user(RevocationScope scope)
    {
        var user = NewUser();
        var later = NewSession(user, Time.Millisecond.AddSeconds(1));
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(NewSession(user));
            transaction.Insert(later);
        });
        var (issuer, key) = scope switch
        {
            RevocationScope.User => (Us, user.Subject),
            RevocationScope.Client => (Us, Web),
            RevocationScope.Issuer => (Us, ""),
            _ => ("", ""),
        };
        await AppendAsync(Ending(scope, key, issuer, SessionId.From(Uuid7.Last(Time.Millisecond))));

        Assert.Equal(1, await CountAsync(new EndScope.AllOf(user.Id)));
        Assert.Equal(0, await CountAsync(new EndScope.AllOf(user.Id, later.Id)));
        Assert.Equal(1, await Store.CountAliveAsync(new EndScope.AllOf(user.Id), Ct));
    }

    /// <summary>What an operation sees while it is only found out what it will touch is not what it does.</summary>
    [Fact]
    public async Task P1_who_ends_all_sessions_just_behind_somebody_who_ends_one_is_told_what_was_left()
    {
        var user = NewUser();
        Session[] devices = [NewSession(user), NewSession(user), NewSession(user)];
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var device in devices) transaction.Insert(device);
        });
        using var folder = new TemporaryFolder();
        var outage = new LedgerOutage(NullLogger<LedgerOutage>.Instance);
        using var journal = new EndingJournal(
            Path.Combine(folder.Path, "ending.journal"), 64 * 1024, _ => { }, outage, TimeProvider.System, NullLogger<EndingJournal>.Instance);
        journal.Open();
        await using var ledger = StartLedger();
        ledger.Watch(outage, TimeSpan.FromMinutes(1), TimeProvider.System);
        var rules = new RevocationRules(new ExeuntOptions(), Us);
        var revoker = new Revoker(ledger, rules, new JournaledEndings(journal, Store, rules));
        var bothAreQueued = new TaskCompletionSource();
        var before = ledger.RunAsync(async _ =>
        {
            await bothAreQueued.Task;
            return 0;
        });

        var one = revoker.EndAsync(Leave(devices[0], new EndScope.OneSession(devices[0].Id)));
        var all = revoker.EndAsync(Leave(devices[1], new EndScope.AllOf(user.Id)));
        bothAreQueued.SetResult();
        await before;

        Assert.Equal((1, 2), (Assert.IsType<EndOutcome.Ended>(await one).Count, Assert.IsType<EndOutcome.Ended>(await all).Count));

        EndSessions Leave(Session from, EndScope scope) => new()
        {
            Scope = scope,
            By = new(ActorKind.User, user.Id, from.Id),
            Reason = EndReason.User,
            From = Origin.Here,
            Proof = new() { Issuer = Us, SessionKey = from.Id.ToString(), Session = from.Id, User = user.Id, Subject = user.Subject },
        };
    }

    private async Task CountInRandomHistoryAsync(int seed)
    {
        var random = new Random(seed);
        var model = new CountingModel();
        User[] people = [NewUser(), NewUser(), NewUser(Them), NewUser(Them)];
        model.People.AddRange(people);
        await Commit(transaction =>
        {
            foreach (var user in people) transaction.Insert(user);
        });

        for (var step = 0; step < 60; step++)
        {
            if (random.Next(3) == 0) Time.Advance(TimeSpan.FromMilliseconds(random.Next(0, 2500)));
            await StepAsync(random, model);
            foreach (var scope in model.Scopes(random))
            {
                var expected = model.Count(scope, Time.Millisecond);
                var inTransaction = await CountAsync(scope);
                var inReading = await Store.CountAliveAsync(scope, Ct);
                Assert.True(
                    expected == inTransaction && expected == inReading,
                    $"Seed {seed}, step {step}, {scope}: expected {expected}, transaction {inTransaction}, reading {inReading}.");
            }
        }

        // Nobody of this round may be alive in the next, and no cut-off of it reach into it: one covers outside sessions of unknown age until it is swept.
        foreach (var cutOff in model.Unswept.ToList()) await SweepAsync(model, cutOff);
        await SweepAsync(model, await AppendAsync(Ending(RevocationScope.Everyone, "", "", SessionId.From(UInt128.MaxValue), long.MaxValue)));
        Assert.All(await Task.WhenAll(people.Select(async user => (await Store.FindUserAsync(user.Id, Ct))!)), user => Assert.Equal(0, user.UnmarkedSessions));
    }

    private async Task StepAsync(Random random, CountingModel model)
    {
        var user = model.People[random.Next(model.People.Count)];
        switch (random.Next(12))
        {
            case < 5:
                var (client, outsideId) = (random.Next(2) == 0 ? Web : "mobile", user.Issuer == Us ? null : $"o{random.Next()}");
                var opened = NewSession(user, client: client, outsideId: outsideId, idle: TimeSpan.FromSeconds(random.Next(1, 20)));
                if (random.Next(5) == 0) opened = opened with { AuthenticatedAt = null };
                model.Sessions.Add(opened.Id, opened);
                await Commit(transaction => transaction.Insert(opened));
                break;
            case 5 when model.Sessions.Count > 0:
                var used = model.Any(random);
                if (used.End is not null) break;
                used = used with { ExpiresAt = Time.Millisecond.AddSeconds(random.Next(1, 30)) };
                model.Sessions[used.Id] = used;
                await Commit(transaction => transaction.Update(used));
                break;
            case 6 when model.Sessions.Count > 0:
                var ended = model.Any(random);
                if (ended.End is not null) break;
                ended = ended with { End = new(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.User) };
                model.Sessions[ended.Id] = ended;
                await Commit(transaction => transaction.Update(ended));
                break;
            case 7 or 8 or 9 when model.Unswept.Count > 0: // often: with few cut-offs left, each of them decides alone
                await SweepAsync(model, model.Unswept[random.Next(model.Unswept.Count)]);
                break;
            default:
                model.Unswept.Add(await AppendAsync(RandomCutOff(random, user, model)));
                break;
        }
    }

    private Revocation RandomCutOff(Random random, User user, CountingModel model)
    {
        // Sometimes in the middle of the sessions, as a cut-off of an outage that is recorded later.
        var upTo = model.Sessions.Count > 0 && random.Next(2) == 0 ? model.Any(random).Id : SessionId.From(Uuid7.Last(Time.Millisecond));
        var second = Time.Millisecond.ToUnixTimeSeconds() - random.Next(0, 3);
        var except = model.Sessions.Count > 0 && random.Next(2) == 0 ? model.Any(random).Facts.Session : null;
        return random.Next(6) switch
        {
            0 => Ending(RevocationScope.Client, random.Next(2) == 0 ? Web : "mobile", user.Issuer, upTo, second),
            1 => Ending(RevocationScope.Issuer, "", user.Issuer, upTo, second),
            2 => Ending(RevocationScope.Everyone, "", "", upTo, second),
            _ => Ending(RevocationScope.User, user.Subject, user.Issuer, upTo, second, except),
        };
    }

    private async Task SweepAsync(CountingModel model, Revocation cutOff)
    {
        while (await Commit(transaction => transaction.CoveredUnmarkedAsync(cutOff, 7)) is { Count: > 0 } covered)
        {
            await Commit(transaction =>
            {
                foreach (var session in covered) transaction.Update(model.Sessions[session.Id] = Ended(session, cutOff));
            });
        }

        await Commit(transaction => transaction.MarkSwept(cutOff));
        model.Unswept.RemoveAll(known => known.Event == cutOff.Event);
    }

    /// <summary>The truth, computed the slow way.</summary>
    private sealed class CountingModel
    {
        public List<User> People { get; } = [];

        public Dictionary<SessionId, Session> Sessions { get; } = [];

        public List<Revocation> Unswept { get; } = [];

        public Session Any(Random random) => Sessions.Values.ElementAt(random.Next(Sessions.Count));

        public IEnumerable<EndScope> Scopes(Random random)
        {
            foreach (var user in People)
            {
                yield return new EndScope.AllOf(user.Id);
                if (Sessions.Count > 0) yield return new EndScope.AllOf(user.Id, Any(random).Id);
            }

            if (Sessions.Count > 0) yield return new EndScope.OneSession(Any(random).Id);
            yield return new EndScope.Client(Web);
            yield return new EndScope.Client("mobile");
            yield return new EndScope.Issuer(Us);
            yield return new EndScope.Issuer(Them);
            yield return new EndScope.Everyone();
        }

        public long Count(EndScope scope, DateTimeOffset now) => Sessions.Values.LongCount(session =>
            IsWithin(scope, session) && session.End is null && session.ExpiresAt >= now && !Unswept.Exists(cutOff => cutOff.Covers(session.Facts)));

        private static bool IsWithin(EndScope scope, Session session) => scope switch
        {
            EndScope.OneSession one => session.Id == one.Session,
            EndScope.AllOf all => session.User == all.User && session.Id != all.Except,
            EndScope.Client client => session.Client == client.ClientId && session.OutsideId is null,
            EndScope.Issuer issuer => session.Issuer == issuer.Name,
            _ => true,
        };
    }
}
