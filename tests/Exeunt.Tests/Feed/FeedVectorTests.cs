using System.Text;
using System.Text.Json;
using Exeunt.Protocol.Feed;
using Exeunt.Protocol.Ids;
using Exeunt.Protocol.Revocations;

namespace Exeunt.Tests.Feed;

/// <summary>The wire, pinned: tests/vectors/feed.json holds what anybody's reader must make of events, and this reader makes just that.</summary>
public sealed class FeedVectorTests
{
    private static readonly JsonElement Vectors = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root(), "tests/vectors/feed.json"))).RootElement;

    public static TheoryData<string> Names(string group) => [.. Vectors.GetProperty(group).EnumerateArray().Select(v => v.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names), "revocations")]
    public void A_revocation_is_read_written_and_covers_as_the_vector_says(string name)
    {
        var vector = Of("revocations", name);
        var data = vector.GetProperty("data").GetString()!;

        Assert.True(RevocationJson.TryRead(Encoding.UTF8.GetBytes(data), out var revocation));

        Assert.Equal(data, Encoding.UTF8.GetString(RevocationJson.ToUtf8(revocation)));
        foreach (var token in vector.GetProperty("tokens").EnumerateArray())
            Assert.True(token.GetProperty("refused").GetBoolean() == revocation.Covers(Facts(token)), token.GetRawText());
    }

    [Theory]
    [MemberData(nameof(Names), "unreadable")]
    public void What_cannot_be_read_is_refused_as_a_whole(string name) =>
        Assert.False(RevocationJson.TryRead(Encoding.UTF8.GetBytes(Of("unreadable", name).GetProperty("data").GetString()!), out _));

    [Fact]
    public void A_snapshot_part_holds_its_lines()
    {
        var vector = Vectors.GetProperty("snapshot");

        Assert.True(SnapshotPart.TryRead(Encoding.UTF8.GetBytes(vector.GetProperty("data").GetString()!), out var part));

        Assert.Equal((vector.GetProperty("part").GetInt32(), vector.GetProperty("last").GetBoolean()), (part.Part, part.IsLast));
        Assert.Equal(vector.GetProperty("lines").EnumerateArray().Select(l => l.GetString()), part.Revocations.Select(r => Encoding.UTF8.GetString(RevocationJson.ToUtf8(r))));
    }

    [Fact]
    public void A_heartbeat_says_where_and_when()
    {
        var vector = Vectors.GetProperty("heartbeat");

        Assert.True(Heartbeat.TryRead(Encoding.UTF8.GetBytes(vector.GetProperty("data").GetString()!), out var beat));

        Assert.Equal(vector.GetProperty("newest").GetString(), beat.Newest.ToString());
        Assert.Equal(TimeSpan.FromMilliseconds(vector.GetProperty("age_ms").GetInt64()), beat.Time - beat.AsOf);
    }

    [Theory]
    [InlineData("e:0", true), InlineData("9b1c63d2a0f45e78:9223372036854775807", true)]
    [InlineData("", false), InlineData("e", false), InlineData(":1", false), InlineData("e:", false), InlineData("e:01", false), InlineData("e:-1", false), InlineData("e:+1", false)]
    [InlineData("e:1 ", false), InlineData("e:9223372036854775808", false), InlineData("é:1", false), InlineData("e-f:1", false), InlineData("e:1:2", false)]
    public void A_place_has_one_spelling(string text, bool isPlace) => Assert.Equal(isPlace, FeedPlace.TryParse(text, out var place) && place.ToString() == text);

    private static JsonElement Of(string group, string name) => Vectors.GetProperty(group).EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);

    private static TokenFacts Facts(JsonElement token)
    {
        var session = Text(token, "sid");
        return new()
        {
            Issuer = Text(token, "iss")!,
            Subject = Text(token, "sub")!,
            Session = session,
            TokenId = Text(token, "jti"),
            Client = Text(token, "client_id"),
            KeyId = Text(token, "kid"),
            OwnSession = Id.TryParse<SessionId>(session, out var own) ? own : null,
            SessionBegan = token.TryGetProperty("auth_time", out var began) ? began.GetInt64() : null,
        };
    }

    private static string? Text(JsonElement json, string name) => json.TryGetProperty(name, out var member) ? member.GetString() : null;

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Exeunt.slnx"))) folder = folder.Parent ?? throw new DirectoryNotFoundException("Exeunt.slnx");
        return folder.FullName;
    }
}
