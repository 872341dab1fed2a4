using System.Buffers.Text;
using System.Security.Cryptography;
using Exeunt.Audit;
using Exeunt.Protocol.Ids;
using Exeunt.Revocations;
using Exeunt.Storage;

namespace Exeunt.Clients;

/// <summary>Gives a program credentials.</summary>
public sealed class AddClient(Ledger ledger)
{
    /// <summary>Characters of a name at most.</summary>
    public const int LongestName = 100;

    private const int SecretBytes = 32;
    private const string SecretPrefix = "exs_"; // so that scanners of repositories find one that was committed

    /// <summary>Adds it. The secret is shown this once and cannot be had again.</summary>
    /// <exception cref="NotAllowedException">Who asks cannot any more: what is given here would outlive their logout.</exception>
    public async Task<(RegisteredClient Client, string Secret)> HandleAsync(string name, IReadOnlyList<string> scopes, Actor by)
    {
        var secret = SecretPrefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        var client = await ledger.RunAsync(async transaction =>
        {
            await Authority.EnsureAsync(transaction, by);
            var client = new RegisteredClient(Id.New<AppId>(transaction.Now), name, scopes, RegisteredClient.HashOf(secret), transaction.Now);
            transaction.Insert(client);
            transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.ClientAdded, By = by, Client = client.Id.ToString(), Detail = string.Join(' ', scopes) });
            return client;
        });
        return (client, secret);
    }
}

/// <summary>Takes a program's credentials away.</summary>
public sealed class RemoveClient(Ledger ledger)
{
    /// <summary>False when there is no such client.</summary>
    /// <exception cref="NotAllowedException">Who asks cannot any more.</exception>
    public Task<bool> HandleAsync(AppId id, Actor by) => ledger.RunAsync(async transaction =>
    {
        await Authority.EnsureAsync(transaction, by);
        if (!await transaction.DeleteClientAsync(id)) return false;
        transaction.Append(new AuditEntry { At = transaction.Now, Action = AuditActions.ClientRemoved, By = by, Client = id.ToString() });
        return true;
    });
}
