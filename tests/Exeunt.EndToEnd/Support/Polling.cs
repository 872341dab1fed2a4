namespace Exeunt.EndToEnd.Support;

/// <summary>The moments between one question and the next where asking again is all that can be done from outside: without them a loop takes the processor from what it waits for.</summary>
internal sealed class Polling(TimeSpan patience) : IDisposable
{
    private readonly CancellationTokenSource giveUp = new(patience);
    private readonly PeriodicTimer often = new(TimeSpan.FromMilliseconds(10));

    /// <summary>Waits until it is time to ask again. False once patience is over.</summary>
    public async Task<bool> AgainAsync()
    {
        try
        {
            return await often.WaitForNextTickAsync(giveUp.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        giveUp.Dispose();
        often.Dispose();
    }
}
