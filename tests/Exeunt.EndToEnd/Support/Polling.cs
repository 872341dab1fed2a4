namespace Exeunt.EndToEnd.Support;

/// <summary>The moments between questions where asking again is all that can be done from outside: without them a loop takes the processor from what it waits for.</summary>
internal sealed class Polling(TimeSpan patience) : IDisposable
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource giveUp = new(patience);

    /// <summary>For a question that may hang: patience is over.</summary>
    public CancellationToken IsOver => giveUp.Token;

    /// <summary>Waits until it is time to ask again. False once patience is over.</summary>
    public async Task<bool> AgainAsync()
    {
        try
        {
            await Task.Delay(Moment, giveUp.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => giveUp.Dispose();
}
