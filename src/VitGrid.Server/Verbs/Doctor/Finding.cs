namespace VitGrid.Server.Verbs.Doctor;

/// <summary>Whether something is as it should be.</summary>
internal enum Health
{
    Good,

    /// <summary>VitGrid runs without it.</summary>
    Optional,

    /// <summary>VitGrid does not run without it.</summary>
    Missing,
}

/// <summary>One thing the doctor looked at.</summary>
/// <param name="Subject">What.</param>
/// <param name="Health">How it is.</param>
/// <param name="Fact">What was found.</param>
/// <param name="Remedy">How to better it; null when there is nothing to do.</param>
internal sealed record Finding(string Subject, Health Health, string Fact, string? Remedy = null);
