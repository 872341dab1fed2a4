using Microsoft.AspNetCore.SignalR;

namespace ProtectedApi;

/// <summary>Everybody in the room hears what one says.</summary>
internal sealed class Room : Hub
{
    /// <summary>Says something to everybody.</summary>
    public Task Say(string what) => Clients.All.SendAsync("said", Context.User!.Identity!.Name, what);
}
