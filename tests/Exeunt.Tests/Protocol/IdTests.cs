using System.Text.Json;
using Exeunt.Protocol.Ids;

namespace Exeunt.Tests.Protocol;

public class IdTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_id_comes_back_from_its_text_its_bytes_and_its_JSON()
    {
        for (var i = 0; i < 1000; i++)
        {
            var id = Id.New<SessionId>(Noon.AddMilliseconds(i));

            Assert.Equal(id, SessionId.Parse(id.ToString(), null));
            Assert.Equal(id, Id.FromBytes<SessionId>(id.ToBytes()));
            Assert.Equal(id, JsonSerializer.Deserialize<SessionId>(JsonSerializer.Serialize(id)));
        }
    }

    [Fact]
    public void Each_kind_has_its_own_prefix_and_reads_no_other()
    {
        var value = Uuid7.New(Noon);

        Assert.StartsWith("ses_", new SessionId(value).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("usr_", new UserId(value).ToString(), StringComparison.Ordinal);
        Assert.StartsWith("evt_", new EventId(value).ToString(), StringComparison.Ordinal);
        Assert.False(UserId.TryParse(new SessionId(value).ToString(), null, out _));
        Assert.False(SessionId.TryParse(new EventId(value).ToString(), null, out _));
        Assert.False(EventId.TryParse(new UserId(value).ToString(), null, out _));
    }

    /// <summary>RFC 9562 appendix A.6 gives 017F22E2-79B0-7CC3-98C4-DC0C0C07398F; its base32 was computed apart from this code.</summary>
    [Fact]
    public void The_text_of_the_example_in_RFC_9562_is_this_one()
    {
        var id = new SessionId(UInt128.Parse("017F22E279B07CC398C4DC0C0C07398F", System.Globalization.NumberStyles.HexNumber));

        Assert.Equal("ses_01fwhe4ydgfk1shh6w1g60eecf", id.ToString());
        Assert.Equal(new DateTimeOffset(2022, 2, 22, 19, 22, 22, TimeSpan.Zero), Uuid7.TimeOf(id.Value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ses_")]
    [InlineData("01fwhe4ydgfk1shh6w1g60eecf")] // no prefix
    [InlineData("usr_01fwhe4ydgfk1shh6w1g60eecf")]
    [InlineData("SES_01fwhe4ydgfk1shh6w1g60eecf")]
    [InlineData("ses-01fwhe4ydgfk1shh6w1g60eecf")]
    [InlineData("ses_01FWHE4YDGFK1SHH6W1G60ECWF")] // upper case, which Crockford would read
    [InlineData("ses_o1fwhe4ydgfk1shh6w1g60eecf")] // o for 0, which Crockford would read
    [InlineData("ses_0lfwhe4ydgfk1shh6w1g60eecf")] // l for 1
    [InlineData("ses_0ifwhe4ydgfk1shh6w1g60eecf")] // i for 1
    [InlineData("ses_0ufwhe4ydgfk1shh6w1g60eecf")] // u is in no alphabet of Crockford's
    [InlineData("ses_81fwhe4ydgfk1shh6w1g60eecf")] // more than 128 bits
    [InlineData("ses_01fwhe4ydgfk1shh6w1g60eec")] // one short
    [InlineData("ses_01fwhe4ydgfk1shh6w1g60eecf0")] // one long
    [InlineData("ses_01fwhe4ydgfk1shh6w1g60eec ")]
    [InlineData(" ses_01fwhe4ydgfk1shh6w1g60eecf")]
    [InlineData("ses_01fwhe4ydgfk1shh6w1g60eecf\n")]
    [InlineData("ses_01fwhe4y-dgfk1shh6w1g60eec")] // hyphens, which Crockford would skip
    [InlineData("ses_0１fwhe4ydgfk1shh6w1g60eecf")] // a digit, but a wide one
    [InlineData("ses_00000000000000000000000000")] // no version
    [InlineData("ses_7zzzzzzzzzzzzzzzzzzzzzzzzz")]
    [InlineData("ses_01fwhe4ydgdk1shh6w1g60eecf")] // version 6
    [InlineData("ses_01fwhe4ydgfk1hhh6w1g60eecf")] // variant 00
    public void Any_other_spelling_is_no_id(string text)
    {
        Assert.False(SessionId.TryParse(text, null, out var id));
        Assert.Equal(default, id);
        Assert.Throws<FormatException>(() => SessionId.Parse(text, null));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionId>(JsonSerializer.Serialize(text)));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1")]
    [InlineData("{}")]
    public void JSON_that_is_no_string_is_no_id(string json) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<SessionId>(json));

    [Fact]
    public void Every_change_of_one_character_is_another_id_or_none()
    {
        var text = Id.New<SessionId>(Noon).ToString();
        var read = 0;
        for (var i = 0; i < text.Length; i++)
        {
            for (var c = '\0'; c < 256; c++)
            {
                if (c == text[i]) continue;
                var changed = text[..i] + c + text[(i + 1)..];
                if (!SessionId.TryParse(changed, null, out var other)) continue;
                read++;
                Assert.Equal(changed, other.ToString());
            }
        }

        Assert.InRange(read, 500, 26 * 31); // the random digits can take any value
    }

    [Fact]
    public void Text_sorts_as_the_ids_do_and_ids_as_they_were_made()
    {
        var ids = Enumerable.Range(0, 500).Select(i => Id.New<SessionId>(Noon.AddMilliseconds(i))).ToList();

        Assert.Equal(ids, ids.OrderBy(i => i.ToString(), StringComparer.Ordinal));
        Assert.Equal(ids, ids.OrderBy(i => i.Value));
        Assert.Equal(ids, ids.OrderBy(i => Convert.ToHexString(i.ToBytes()), StringComparer.Ordinal));
    }
}
