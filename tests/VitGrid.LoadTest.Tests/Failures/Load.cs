using VitGrid.LoadTest.Failures;

namespace VitGrid.LoadTest.Tests.Failures;

/// <summary>Attempts as tests write them: times in milliseconds.</summary>
internal static class Load
{
    public static Attempt Answered(double due, double done) => new(Ms(due), Ms(done), Outcome.Answered);

    public static Attempt Wrong(double due, double done) => new(Ms(due), Ms(done), Outcome.Wrong);

    public static Attempt Failed(double due, double done, string fault) => new(Ms(due), Ms(done), Outcome.Failed, fault);

    public static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);
}
