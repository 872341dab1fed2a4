using Exeunt.Protocol.Ids;

namespace Exeunt.Postgres;

/// <summary>The rows that operations ask for.</summary>
internal sealed class Wanted
{
    public HashSet<UserId> Users { get; } = [];

    public HashSet<SessionId> Sessions { get; } = [];

    public HashSet<(string Issuer, string Subject)> Subjects { get; } = [];

    public HashSet<string> Emails { get; } = [];

    public HashSet<(string Issuer, string OutsideId)> OutsideIds { get; } = [];

    /// <summary>Whether somebody may ask how many sessions the users have and which is the newest.</summary>
    public bool Counts { get; set; }

    public bool IsEmpty => Users.Count + Sessions.Count + Subjects.Count + Emails.Count + OutsideIds.Count == 0;

    public void Add(Wanted other)
    {
        Users.UnionWith(other.Users);
        Sessions.UnionWith(other.Sessions);
        Subjects.UnionWith(other.Subjects);
        Emails.UnionWith(other.Emails);
        OutsideIds.UnionWith(other.OutsideIds);
        Counts |= other.Counts;
    }
}
