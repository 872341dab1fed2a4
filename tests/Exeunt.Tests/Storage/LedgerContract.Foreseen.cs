using Exeunt.Accounts;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;
using Exeunt.Revocations;
using Exeunt.Sessions;
using Exeunt.Storage;

namespace Exeunt.Tests.Storage;

/// <content>What an operation says beforehand about its questions makes it faster, and changes nothing that it reads.</content>
public abstract partial class LedgerContract
{
    [Fact]
    public async Task What_was_foreseen_wrongly_is_asked_for_as_always()
    {
        var (user, other) = (NewUser(), NewUser());
        Session[] devices = [NewSession(user), NewSession(user, Time.Millisecond.AddSeconds(1))];
        var (elsewhere, opened) = (NewSession(other), NewSession(user, Time.Millisecond.AddSeconds(2)));
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(other);
            foreach (var session in devices.Append(elsewhere)) transaction.Insert(session);
        });
        var all = new EndScope.AllOf(user.Id);

        await Commit(async transaction =>
        {
            await transaction.ForeseeAsync(devices[0].Id, ends: false);
            Assert.Equal(devices[0].Id, (await transaction.SessionAsync(devices[0].Id))?.Id);
            Assert.Equal((2, devices[1].Id), (await transaction.CountAliveAsync(all), await transaction.NewestSessionAsync(all)));
            Assert.Equal((other.Id, elsewhere.Id), ((await transaction.UserByEmailAsync(User.Normalize(other.Email!)))?.Id, (await transaction.SessionAsync(elsewhere.Id))?.Id));

            transaction.Update(devices[1] with { End = Over() });
            Assert.Equal((1, devices[0].Id), (await transaction.CountAliveAsync(all), await transaction.NewestSessionAsync(all)));
            transaction.Insert(opened);
            Assert.Equal((2, opened.Id), (await transaction.CountAliveAsync(all), await transaction.NewestSessionAsync(all)));
            var ending = transaction.Append(CutOff(user));
            transaction.Append(Entry());
            Assert.Equal(ending.Event, (await transaction.RevocationAsync(ending.Event))?.Event);
            return 0;
        });

        Assert.Single(await Store.RevocationsAfterAsync(0, 10, Ct));
        Assert.Equal(2, (await Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);
    }

    [Fact]
    public async Task What_is_foreseen_late_or_again_is_there_all_the_same()
    {
        var (user, other) = (NewUser(), NewUser());
        var (mine, theirs) = (NewSession(user), NewSession(other));
        await Commit(transaction =>
        {
            transaction.Insert(user);
            transaction.Insert(other);
            transaction.Insert(mine);
            transaction.Insert(theirs);
        });

        await Commit(async transaction =>
        {
            Assert.Equal(user.Id, (await transaction.UserByEmailAsync(User.Normalize(user.Email!)))?.Id);
            await transaction.ForeseeAsync(theirs.Id, ends: true);
            await transaction.ForeseeAsync(mine.Id, ends: true);
            foreach (var id in new[] { theirs.Id, mine.Id })
            {
                var session = await transaction.SessionAsync(id);
                Assert.Null(await transaction.CutOffOverAsync(session!));
                transaction.Update(session! with { End = Over() });
                transaction.Append(Ending(RevocationScope.Session, id.ToString(), Us, upTo: null));
            }

            transaction.Append(Entry());
            return 0;
        });

        Assert.Equal(2, (await Store.RevocationsAfterAsync(0, 10, Ct)).Count);
        foreach (var person in new[] { user, other }) Assert.Equal(0, (await Store.FindUserAsync(person.Id, Ct))!.UnmarkedSessions);
    }

    [Fact]
    public async Task Endings_that_were_foreseen_and_others_in_one_batch_see_each_other()
    {
        var user = NewUser();
        Session[] devices = [NewSession(user), NewSession(user), NewSession(user), NewSession(user)];
        await Commit(transaction =>
        {
            transaction.Insert(user);
            foreach (var device in devices) transaction.Insert(device);
        });
        List<string> seen = [];

        await Store.CommitAsync(
        [
            transaction => LeaveAsync(transaction, devices[0].Id),
            transaction => LeaveAsync(transaction, Id.New<SessionId>(Time.Millisecond)),
            async transaction => Say(transaction, $"{await transaction.CountAliveAsync(new EndScope.AllOf(user.Id))} left"),
            transaction => LeaveAsync(transaction, devices[0].Id),
            transaction => LeaveAsync(transaction, devices[1].Id),
            async transaction => Say(transaction, $"{await transaction.CountAliveAsync(new EndScope.AllOf(user.Id, devices[2].Id))} left beside one"),
        ]);

        Assert.Equal(["left", "nobody there", "3 left", "had left", "left", "1 left beside one"], seen);
        Assert.Equal(2, (await Store.RevocationsAfterAsync(0, 10, Ct)).Count);
        Assert.Equal(2, (await Store.FindUserAsync(user.Id, Ct))!.UnmarkedSessions);

        async ValueTask LeaveAsync(ILedgerTransaction transaction, SessionId id)
        {
            await transaction.ForeseeAsync(id, ends: true);
            if (await transaction.SessionAsync(id) is not { } session)
            {
                Say(transaction, "nobody there");
            }
            else if (session.End is not null)
            {
                Say(transaction, "had left");
            }
            else
            {
                transaction.Update(session with { End = Over() });
                transaction.Append(Ending(RevocationScope.Session, session.Id.ToString(), Us, upTo: null));
                transaction.Append(Entry());
                Say(transaction, "left");
            }
        }

        void Say(ILedgerTransaction transaction, string what)
        {
            if (!transaction.IsTrial) seen.Add(what);
        }
    }

    private SessionEnd Over() => new(Id.New<EventId>(Time.Millisecond), Time.Millisecond, EndReason.User);
}
