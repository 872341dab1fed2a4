using System.Diagnostics;

namespace Exeunt.LoadBench.Load;

/// <summary>Waits for an ending where nobody tells of it: by asking again and again as the one whose session has ended.</summary>
internal static class Refusal
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks until the answer is 401.</summary>
    /// <param name="ask">Asks for what was answered 200 while the session lived, and is until its ending is known.</param>
    /// <exception cref="InvalidDataException">The answer was another one.</exception>
    /// <exception cref="TimeoutException">The session is still let in.</exception>
    public static void Await(Func<Answer> ask)
    {
        var started = Stopwatch.GetTimestamp();
        Answer answer;
        while ((answer = ask()).Status != 401)
        {
            Expect(answer, 200);
            if (Stopwatch.GetElapsedTime(started) > Patience) throw new TimeoutException("An ending was never heard of.");
        }
    }

    /// <summary>Holds an answer to its status.</summary>
    /// <exception cref="InvalidDataException">It is another one.</exception>
    public static void Expect(Answer answer, int status)
    {
        if (answer.Status != status) throw new InvalidDataException($"The answer was {answer.Status} and not {status}.");
    }
}
