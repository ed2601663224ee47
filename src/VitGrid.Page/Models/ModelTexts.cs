using VitGrid.Page.Words;

namespace VitGrid.Page.Models;

/// <summary>The texts of the page of models; those of all pages are in <see cref="VitGrid.Page.Words.Texts"/>.</summary>
internal static class ModelTexts
{
    public const string OnDisk = "On this machine";
    public const string Name = "Name";
    public const string Origin = "Origin";
    public const string Dimensions = "Dimensions";
    public const string Weights = "Weights";
    public const string Architecture = "Architecture";
    public const string Actions = "Actions";
    public const string Verify = "Verify";
    public const string Plan = "Plan";
    public const string Precision = "Precision of a plan";

    public const string Pull = "Fetch a model";
    public const string PullIt = "Fetch it";
    public const string HubId = "Its id on the hub";
    public const string PullHint = "ORG/NAME or ORG/NAME@REVISION; it goes into this machine's cache, which Python shares.";

    public static string Pulling(PulledModel model) => model.Files == 0 ? $"Asking for {model.Id}…"
        : $"{model.Id}: {Texts.Bytes(model.DoneBytes)} of {Texts.Bytes(model.Bytes)}";

    public static string Pulled(PulledModel model) =>
        $"{model.Id} is on this machine, {Texts.Bytes(model.Bytes)}; serve it with --model {model.Id}";

    public static string VerifyOf(string model) => $"Verify {model}";

    public static string PlanOf(string model) => $"Plan {model}";

    public static string Verified(string model) => $"{model}, as it lies on this machine";

    public static string Planned(string model, string precision) => $"{model} on this process's devices in {precision}, batches of 8";

    public static string Working(string model) => $"Reading {model}…";
}
