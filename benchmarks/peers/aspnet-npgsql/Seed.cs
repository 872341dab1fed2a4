namespace Exeunt.AspNetPeer;

/// <summary>
/// Users with so many sessions each, written in bulk as sign-ins would have left them. The file gets a line for each session: its user and its refresh token.
/// The first user of all may sign in with a password.
/// </summary>
internal static class Seed
{
    private const int AtATime = 5000;

    /// <summary>Fills an empty database.</summary>
    /// <param name="told">Who may sign in.</param>
    /// <param name="store">Where.</param>
    /// <param name="file">What is told of the sessions.</param>
    /// <param name="groups">Each as <c>USERSxSESSIONS</c>.</param>
    public static async Task RunAsync(Told told, Store store, string file, IReadOnlyList<string> groups)
    {
        await store.CreateAsync();
        await using var lines = new StreamWriter(file);
        var password = Passwords.Hash(told.Password);
        List<(Guid Id, string Email)> users = [];
        List<(byte[] Hash, Guid Sid, Guid User)> sessions = [];
        var email = told.Email;
        foreach (var group in groups)
        {
            var counts = group.Split('x').Select(int.Parse).ToArray();
            for (var i = 0; i < counts[0]; i++)
            {
                var user = Tokens.NewId();
                users.Add((user, email.Length > 0 ? email : $"{user}@example.com"));
                email = "";
                for (var j = 0; j < counts[1]; j++)
                {
                    var (sid, refresh) = (Tokens.NewId(), Tokens.NewRefresh());
                    sessions.Add((Tokens.Hash(refresh), sid, user));
                    await lines.WriteLineAsync($"{user} {refresh}");
                }

                if (sessions.Count >= AtATime) await WriteAsync();
            }
        }

        await WriteAsync();

        async Task WriteAsync()
        {
            await store.FillAsync(
                [.. users.Select(user => user.Id)], [.. users.Select(user => user.Email)], password,
                [.. sessions.Select(session => session.Hash)], [.. sessions.Select(session => session.Sid)], [.. sessions.Select(session => session.User)]);
            users.Clear();
            sessions.Clear();
        }
    }
}
