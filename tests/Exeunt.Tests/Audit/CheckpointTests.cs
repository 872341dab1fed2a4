using Exeunt.Audit;
using Exeunt.Jobs;
using Exeunt.Protocol.Jose;
using Exeunt.Revocations;
using Exeunt.Tests.Support;

namespace Exeunt.Tests.Audit;

/// <summary>Signed checkpoints: what was kept outside shows what was cut inside, and keys may rotate.</summary>
public class CheckpointTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task P9_a_cut_off_tail_verifies_by_itself_and_is_found_against_a_known_checkpoint(bool byHash)
    {
        await using var world = await World.OpenAsync();
        var ada = await world.AddUserAsync();
        await world.SignInAsync(ada);
        await world.SignCheckpointAsync();
        var last = (await world.TrailAsync())[^1].Number;
        await world.EndAsync(new EndScope.AllOf(ada.Id));
        var known = (await world.SignCheckpointAsync())!;

        world.Tamper(db => db.Execute($"delete from audit where n > {last}; delete from audit_checkpoints where id = 2"));

        Assert.True((await world.VerifyAsync()).Holds, "nobody can tell it from inside");
        var verdict = await world.VerifyAsync(byHash ? CheckpointStatement.HashOf(known) : known);
        if (byHash) Assert.Contains("cut back or replaced", verdict.Break?.What, StringComparison.Ordinal);
        else Assert.Equal(last + 1, verdict.Break?.Number);
    }

    [Fact]
    public async Task P9_a_known_checkpoint_and_its_hash_are_found_again()
    {
        await using var world = await World.OpenAsync();
        await world.SignInAsync(await world.AddUserAsync());
        var known = (await world.SignCheckpointAsync())!;
        await world.SignInAsync(await world.AddUserAsync());

        Assert.True((await world.VerifyAsync(known)).Holds);
        var verdict = await world.VerifyAsync(CheckpointStatement.HashOf(known));

        Assert.True(verdict.Holds);
        Assert.Equal(CheckpointStatement.HashOf(known), verdict.Newest);
    }

    [Fact]
    public async Task P9_a_checkpoint_of_another_server_is_told_from_ours()
    {
        await using var world = await World.OpenAsync();
        await using var other = await World.OpenAsync();
        await world.SignCheckpointAsync();

        Assert.Contains("not one that this server has signed", (await world.VerifyAsync(await other.SignCheckpointAsync())).Break?.What, StringComparison.Ordinal);
        Assert.Contains("not one that this server has signed", (await world.VerifyAsync("e30.e30.e30")).Break?.What, StringComparison.Ordinal);
        Assert.Contains("is not among the 1", (await world.VerifyAsync("rubbish")).Break?.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task P9_a_trail_whose_checkpoints_somebody_signed_with_a_key_of_their_own_does_not_hold()
    {
        await using var world = await World.OpenAsync();
        await world.SignInAsync(await world.AddUserAsync());
        await world.SignCheckpointAsync();
        using var stranger = SigningKey.Generate();
        world.Keys.Replace(stranger, new JwkSet(stranger.Public));

        Assert.Equal("Checkpoint 1 is not signed with a key of this server.", (await world.VerifyAsync()).Break?.What);
    }

    [Fact]
    public async Task P9_checkpoints_of_keys_that_have_been_rotated_out_still_verify()
    {
        await using var world = await World.OpenAsync();
        var job = new CheckpointAudit(world.Ledger, new SignCheckpoint(world.Ledger, world.Keys, world.Rules), world.Keys);
        var ada = await world.AddUserAsync();
        for (var rotation = 0; rotation < 3; rotation++)
        {
            await world.SignInAsync(ada);
            await job.RunOnceAsync(Ct); // at once after a rotation, though the hour is not over
            var next = SigningKey.Generate();
            world.Keys.Replace(next, new JwkSet(next.Public));
        }

        await job.RunOnceAsync(Ct);
        var verdict = await world.VerifyAsync();

        Assert.Null(verdict.Break);
        Assert.Equal(4, verdict.Checkpoints);
    }

    [Fact]
    public async Task A_checkpoint_is_signed_every_hour_in_which_something_happened()
    {
        await using var world = await World.OpenAsync();
        var job = new CheckpointAudit(world.Ledger, new SignCheckpoint(world.Ledger, world.Keys, world.Rules), world.Keys);
        var ada = await world.AddUserAsync();
        await job.RunOnceAsync(Ct);
        await world.SignInAsync(ada);

        world.Clock.Advance(TimeSpan.FromMinutes(59));
        await job.RunOnceAsync(Ct);
        Assert.Equal(1, (await world.VerifyAsync()).Checkpoints);

        world.Clock.Advance(TimeSpan.FromMinutes(1));
        await job.RunOnceAsync(Ct);
        Assert.Equal(2, (await world.VerifyAsync()).Checkpoints);

        for (var idle = 0; idle < 5; idle++)
        {
            world.Clock.Advance(TimeSpan.FromHours(2));
            await job.RunOnceAsync(Ct);
        }

        Assert.Equal(2, (await world.VerifyAsync()).Checkpoints);
    }

    [Fact]
    public async Task P9_verifying_beside_a_server_that_writes_signs_and_erases_never_cries_wolf()
    {
        await using var world = await World.OpenAsync();
        var ada = await world.AddUserAsync();
        using var stop = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !stop.IsCancellationRequested; i++)
                {
                    await world.SignInAsync(ada);
                    if (i % 7 == 0) await world.SignCheckpointAsync();
                    if (i % 11 == 0) await new ErasePersonal(world.Ledger).HandleAsync(ada.Id, Actor.Operator, Origin.Here);
                    world.Clock.Advance(TimeSpan.FromMilliseconds(1));
                }
            },
            Ct);

        for (var round = 0; round < 20; round++) Assert.Null((await world.VerifyAsync()).Break);
        await stop.CancelAsync();
        await writing;
        Assert.True((await world.VerifyAsync()).Entries > 0);
    }

    [Fact]
    public async Task Progress_ends_at_the_number_of_entries()
    {
        await using var world = await World.OpenAsync();
        var ada = await world.AddUserAsync();
        for (var i = 0; i < 30; i++) await world.SignInAsync(ada);
        var told = new List<AuditProgress>();

        var verdict = await new VerifyAudit(world.Store, world.Keys).HandleAsync(null, new Told(told), Ct);

        Assert.Equal(new AuditProgress(verdict.Entries, verdict.Entries), told[^1]);
    }

    private sealed class Told(List<AuditProgress> told) : IProgress<AuditProgress>
    {
        public void Report(AuditProgress value) => told.Add(value);
    }
}
