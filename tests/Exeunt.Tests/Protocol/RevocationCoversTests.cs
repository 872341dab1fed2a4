using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Tests.Protocol;

public class RevocationCoversTests
{
    private const string Here = "https://id.example.com";
    private const string Elsewhere = "https://other.example.com";
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly SessionId Older = new(Uuid7.New(Noon.AddMilliseconds(-1)));
    private static readonly SessionId CutOff = new(Uuid7.New(Noon));
    private static readonly SessionId Newer = new(CutOff.Value + 1);
    private static readonly long Second = Noon.ToUnixTimeSeconds();

    public static TheoryData<RevocationScope, string> Subjects => new()
    {
        { RevocationScope.User, "ada" }, { RevocationScope.Client, "web" }, { RevocationScope.Issuer, "" }, { RevocationScope.Everyone, "" },
    };

    [Theory]
    [InlineData(RevocationScope.Token, "jti-1", true)]
    [InlineData(RevocationScope.Token, "jti-2", false)]
    [InlineData(RevocationScope.Token, "JTI-1", false)]
    [InlineData(RevocationScope.Key, "k1", true)]
    [InlineData(RevocationScope.Key, "k2", false)]
    [InlineData(RevocationScope.Session, "sess_1", true)]
    [InlineData(RevocationScope.Session, "sess_2", false)]
    [InlineData(RevocationScope.Session, "sess_1 ", false)]
    [InlineData(RevocationScope.Session, "jti-1", false)] // ids of one kind are none of another
    [InlineData(RevocationScope.Token, "sess_1", false)]
    public void A_point_covers_what_it_names_within_its_issuer(RevocationScope scope, string key, bool covered)
    {
        Assert.Equal(covered, Ending(scope, key).Covers(Outside("sess_1", Second)));
        Assert.False(Ending(scope, key).Covers(Outside("sess_1", Second, Elsewhere)));
    }

    [Theory]
    [InlineData(RevocationScope.Token)]
    [InlineData(RevocationScope.Session)]
    [InlineData(RevocationScope.Key)]
    public void A_point_covers_no_token_that_lacks_what_it_names(RevocationScope scope) =>
        Assert.False(Ending(scope, "").Covers(new TokenFacts { Issuer = Here, Subject = "ada" }));

    [Theory, MemberData(nameof(Subjects))]
    public void A_cut_off_covers_own_sessions_up_to_and_including_itself(RevocationScope scope, string key)
    {
        var ending = Ending(scope, key) with { UpTo = CutOff };

        Assert.True(ending.Covers(Own(Older)));
        Assert.True(ending.Covers(Own(CutOff)));
        Assert.False(ending.Covers(Own(Newer)));
    }

    [Theory, MemberData(nameof(Subjects))]
    public void AT_11_A_cut_off_covers_outside_sessions_that_began_up_to_and_including_its_second(RevocationScope scope, string key)
    {
        var ending = Ending(scope, key) with { UpToSecond = Second };

        Assert.True(ending.Covers(Outside("sess_1", Second - 1)));
        Assert.True(ending.Covers(Outside("sess_1", Second))); // the same second: nobody can tell, so it goes
        Assert.False(ending.Covers(Outside("sess_1", Second + 1)));
    }

    [Theory, MemberData(nameof(Subjects))]
    public void An_outside_session_of_unknown_age_is_covered(RevocationScope scope, string key)
    {
        Assert.True((Ending(scope, key) with { UpToSecond = Second }).Covers(Outside("sess_1", null)));
        Assert.True((Ending(scope, key) with { UpToSecond = Second }).Covers(Outside(null, null)));
    }

    [Theory, MemberData(nameof(Subjects))]
    public void Each_half_of_a_cut_off_speaks_for_its_own_kind_of_session(RevocationScope scope, string key)
    {
        Assert.False((Ending(scope, key) with { UpTo = CutOff }).Covers(Outside("sess_1", null)));
        Assert.False((Ending(scope, key) with { UpToSecond = long.MaxValue }).Covers(Own(Older)));
        Assert.False(Ending(scope, key).Covers(Own(Older)));

        // An own session is judged by its id, whatever else the token says of its age.
        Assert.False((Ending(scope, key) with { UpTo = CutOff, UpToSecond = Second }).Covers(Own(Newer) with { SessionBegan = Second - 60 }));
    }

    [Theory]
    [InlineData(RevocationScope.User, "bob", Here, false)]
    [InlineData(RevocationScope.User, "ada", Elsewhere, false)]
    [InlineData(RevocationScope.Client, "app", Here, false)]
    [InlineData(RevocationScope.Client, "web", Elsewhere, false)]
    [InlineData(RevocationScope.Issuer, "", Elsewhere, false)]
    [InlineData(RevocationScope.Everyone, "", "", true)] // whose issuer does not matter
    public void A_cut_off_keeps_to_its_subject_and_issuer(RevocationScope scope, string key, string issuer, bool covered)
    {
        var ending = Ending(scope, key) with { Issuer = issuer, UpTo = CutOff, UpToSecond = Second };

        Assert.Equal(covered, ending.Covers(Own(Older)));
        Assert.Equal(covered, ending.Covers(Outside("sess_1", Second)));
    }

    [Fact]
    public void All_but_this_one_spares_this_one_and_no_other()
    {
        var ending = Ending(RevocationScope.User, "ada") with { UpTo = CutOff, UpToSecond = Second, Except = Older.ToString() };

        Assert.False(ending.Covers(Own(Older)));
        Assert.True(ending.Covers(Own(CutOff)));
        Assert.True(ending.Covers(Outside("sess_1", Second)));
        Assert.False((ending with { Except = "sess_1" }).Covers(Outside("sess_1", Second)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\0")]
    public void A_token_without_a_proper_sid_is_never_the_spared_one(string? sid)
    {
        var ending = Ending(RevocationScope.User, "ada") with { UpToSecond = Second };

        Assert.True(ending.Covers(Outside(sid, Second)));
        Assert.True((ending with { Except = "sess_1" }).Covers(Outside(sid, Second)));
    }

    [Theory]
    [InlineData(RevocationScope.Client, "web")]
    [InlineData(RevocationScope.Issuer, "")]
    [InlineData(RevocationScope.Everyone, "")]
    public void Only_a_users_cut_off_spares_anybody(RevocationScope scope, string key) =>
        Assert.True((Ending(scope, key) with { UpTo = CutOff, Except = Older.ToString() }).Covers(Own(Older)));

    [Theory]
    [InlineData(RevocationScope.Token, false)]
    [InlineData(RevocationScope.Session, false)]
    [InlineData(RevocationScope.Key, false)]
    [InlineData(RevocationScope.User, true)]
    [InlineData(RevocationScope.Client, true)]
    [InlineData(RevocationScope.Issuer, true)]
    [InlineData(RevocationScope.Everyone, true)]
    public void It_knows_whether_it_is_a_cut_off(RevocationScope scope, bool isCutOff) => Assert.Equal(isCutOff, Ending(scope, "").IsCutOff);

    [Fact]
    public void Every_reason_has_a_name_that_comes_back()
    {
        foreach (var reason in Enum.GetValues<EndReason>())
        {
            Assert.True(EndReasonNames.TryParse(reason.ToWire(), out var back));
            Assert.Equal(reason, back);
        }

        Assert.False(EndReasonNames.TryParse("", out _));
        Assert.False(EndReasonNames.TryParse(null, out _));
        Assert.False(EndReasonNames.TryParse("User", out _));
    }

    private static Revocation Ending(RevocationScope scope, string key) => new()
    {
        Event = Id.New<EventId>(Noon),
        Scope = scope,
        Issuer = Here,
        Key = key,
        Expires = Noon.AddHours(1),
        At = Noon,
        Reason = EndReason.User,
    };

    private static TokenFacts Own(SessionId session) => new()
    {
        Issuer = Here,
        Subject = "ada",
        Session = session.ToString(),
        OwnSession = session,
        Client = "web",
        KeyId = "k1",
        TokenId = "jti-1",
    };

    private static TokenFacts Outside(string? session, long? began, string issuer = Here) => new()
    {
        Issuer = issuer,
        Subject = "ada",
        Session = session,
        SessionBegan = began,
        Client = "web",
        KeyId = "k1",
        TokenId = "jti-1",
    };
}
