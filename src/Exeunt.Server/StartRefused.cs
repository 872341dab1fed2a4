namespace Exeunt.Server;

/// <summary>A start, or a command, that cannot go on because of what the operator gave: one line for each mistake, each beginning with the setting's name.</summary>
internal sealed class StartRefused(params IReadOnlyList<string> mistakes) : Exception(string.Join('\n', mistakes))
{
    public IReadOnlyList<string> Mistakes => mistakes;
}
