namespace VitGrid.Server.Verbs;

/// <summary>What the process returns; scripts rely on it.</summary>
internal static class ExitCode
{
    public const int Done = 0;
    public const int Failed = 1;
    public const int SomeItemsFailed = 2;
    public const int WrongUsage = 64;

    /// <summary>The grid's membership was lost; started anew, the worker joins again.</summary>
    public const int MembershipLost = 75;

    /// <summary>A device was lost for as long as the process lives; started anew, it may have it again.</summary>
    public const int DeviceLost = 76;
}
