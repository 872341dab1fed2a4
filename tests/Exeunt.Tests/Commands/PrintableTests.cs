using Exeunt.Server.Commands;

namespace Exeunt.Tests.Commands;

/// <summary>What strangers have chosen and operators read in a terminal.</summary>
public sealed class PrintableTests
{
    [Theory]
    [InlineData("Ada's \u041D\u043E\u0443\u0442\u0431\u0443\u043A \U0001F4BB", "Ada's \u041D\u043E\u0443\u0442\u0431\u0443\u043A \U0001F4BB")]
    [InlineData("two\nlines", "two\nlines")]
    [InlineData("\u001B[2Jgone\u0007\r", "\uFFFD[2Jgone\uFFFD\uFFFD")]
    [InlineData("\u202Enimda", "\uFFFDnimda")]
    [InlineData("a\u200Bda\u2028root", "a\uFFFDda\uFFFDroot")]
    [InlineData("x\uFFFFy", "x\uFFFDy")]
    public void What_drives_a_terminal_hides_or_is_no_character_is_not_printed(string text, string printed) => Assert.Equal(printed, Output.Printable(text));

    [Fact]
    public void A_table_takes_every_character_there_is()
    {
        var all = string.Concat(Enumerable.Range(0, 0x10000).Select(c => (char)c));
        Spectre.Console.AnsiConsole.Create(new() { Out = new Spectre.Console.AnsiConsoleOutput(TextWriter.Null) }).Write(new Spectre.Console.Text(Output.Printable(all)));
    }
}
