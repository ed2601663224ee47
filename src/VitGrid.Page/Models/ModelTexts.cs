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

    public const string Forms = "Accuracy and speed by form";
    public const string Model = "Model";
    public const string NotMeasured = "not measured";
    public const string Measure = "Measure";
    public const string FormsHint = "As this process measured them on this machine since it began, on the drawings that come with VitGrid: "
        + "images per second of one at a time, beside whatever else it did, and the least cosine of a vector with the same in fp32.";
    public const string MeasureHint =
        "To measure loads the model once more beside those that are served, and takes from seconds to minutes.";

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

    public static string MeasureOf(string model, string form) => $"Measure {model} in {form}";

    public static string Measuring(string model, string form) => $"Measuring {model} in {form}…";

    public static string Measured(MeasuredForm form) => string.Create(
        CultureInfo.InvariantCulture, $"{form.ImagesPerSecond:0.0} images/s, cosine {form.Cosine:0.00000} of {form.Images}, {form.Device}");

    public static string Working(string model) => $"Reading {model}…";
}
