using System.Diagnostics;
using System.Text;
using Exeunt.EndToEnd.Support;

namespace Exeunt.EndToEnd.Commands;

/// <summary>The README's tour, pasted line by line into a shell beside what <c>./run</c> serves, and each answer compared with what the README says.</summary>
public class ReadmeTests(ITestOutputHelper output)
{
    private const string Answer = " # => ";
    private const string Mark = "-- end of line --";
    private static readonly string[] Trail = ["account_created", "signed_in", "session_ended", "logout_all"];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task The_tour_answers_what_it_says()
    {
        var lines = TourOf(await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "README.md")));
        Assert.True(lines.Count(line => line.Contains(Answer, StringComparison.Ordinal)) >= 11, "The tour has lost its answers.");

        using var folder = new TemporaryFolder();
        await using var server = await ExeuntProcess.RunScriptAsync(Path.Combine(folder.Path, "data"));
        Assert.Contains("Password, shown this once: ", server.Output, StringComparison.Ordinal);
        var answers = await PasteAsync(folder.Path, lines, server.Address.ToString().TrimEnd('/'));

        Assert.Equal(lines.Count, answers.Count);
        foreach (var (line, said) in lines.Zip(answers))
        {
            output.WriteLine($"{line}\n    {said}");
            if (line.Split(Answer) is [_, var expected]) Assert.Contains(expected, said);
        }

        // The README names the last of them; the trail has all that the tour has done.
        var (_, trail) = lines.Zip(answers).Single(pair => pair.First.Contains("audit query", StringComparison.Ordinal));
        Assert.All(Trail, action => Assert.Contains(action, trail));
    }

    [Fact]
    public async Task Every_file_that_the_documents_point_to_is_there()
    {
        var root = Repository.Root;
        foreach (var document in Directory.GetFiles(root, "*.md").Concat(Directory.GetFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)))
        {
            foreach (var part in (await File.ReadAllTextAsync(document)).Split("](").Skip(1))
            {
                var target = part[..part.IndexOf(')', StringComparison.Ordinal)].Split('#')[0];
                if (target.Length == 0 || target.Contains("://", StringComparison.Ordinal)) continue;
                Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target)), $"{document} points to {target}, which is not there.");
            }
        }
    }

    private static List<string> TourOf(string[] readme)
    {
        var lines = new List<string>();
        var inTour = false;
        var inCode = false;
        foreach (var line in readme)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal)) inTour = line == "## Five minutes";
            else if (line.StartsWith("```", StringComparison.Ordinal)) inCode = line == "```sh";
            else if (inTour && inCode && line.Length > 0) lines.Add(line);
        }

        return lines;
    }

    // The folder looks like a clone as far as the tour needs one: ./exeunt, and ./data with the server's ledger, which is not the developer's own.
    private static async Task<List<string>> PasteAsync(string folder, List<string> lines, string address)
    {
        var exeunt = Path.Combine(folder, "exeunt");
        await File.WriteAllTextAsync(exeunt, $"#!/bin/sh\nexec '{Path.Combine(Repository.Root, "exeunt")}' \"$@\"\n");
        File.SetUnixFileMode(exeunt, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var script = new StringBuilder();
        foreach (var line in lines) script.Append(line.Replace("http://127.0.0.1:8080", address, StringComparison.Ordinal)).Append($"\necho; echo '{Mark}'\n");

        using var bash = Process.Start(new ProcessStartInfo("bash") { WorkingDirectory = folder, RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var said = bash.StandardOutput.ReadToEndAsync();
        await bash.StandardInput.WriteAsync(script);
        bash.StandardInput.Close();
        var text = await said.WaitAsync(Patience);
        await bash.WaitForExitAsync().WaitAsync(Patience);
        return [.. text.Split($"{Mark}\n")[..^1].Select(answer => answer.Trim())];
    }
}
