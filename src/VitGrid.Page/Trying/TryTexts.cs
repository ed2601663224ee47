using VitGrid.Page.Circuits;

namespace VitGrid.Page.Trying;

/// <summary>The texts of the page on which images are tried; those of all pages are in <see cref="VitGrid.Page.Words.Texts"/>.</summary>
internal static class TryTexts
{
    public const string Images = "Images";
    public const string Drawings = "Use the drawings that come with VitGrid";
    public const string Clear = "Clear";
    public const string Again = "Ask again for what failed";
    public const string Model = "Model";
    public const string NoModel = "This server serves no model that takes images; start it with --model.";
    public const string Neighbours = "Nearest neighbours";
    public const string Waiting = "Waiting…";
    public const string Matrix = "Similarity of each to each (cosine)";
    public const string Words = "Search among them by words";
    public const string Query = "Words";
    public const string Search = "Search";
    public const string Code = "The same request from a program";
    public const string CodeKey = "VITGRID_KEY stands for your key.";
    public const string Copy = "Copy";
    public const string NotCopied = "The browser does not let the page copy; select the text instead.";
    public const string Patches = "What the patches hold";
    public const string Layer = "Layer";
    public const string ShowPatches = "Show the patches";
    public const string Saliency = "Patches like one of them";
    public const string SaliencyHint =
        "Click a patch, or name its row and column: the brighter, the more another patch is like it (cosine).";
    public const string Image = "Image";
    public const string Row = "Row";
    public const string Column = "Column";

    public static string Drop(int max) => Invariant($"Drop images here, or choose them: at most {max}");

    public static string TooMany(int more, int there, int max) => Invariant(
        $"{more} images beside the {there} that are here are more than {max}; choose fewer, or clear the page");

    public static string NoRoom(string name, long bytes, long bound) => Invariant(
        $"{name} has {bytes} bytes, for which there is no room in the {bound} that {Holder(bound)} may hold; ")
        + "choose smaller or fewer images, or clear the page";

    public static string NotRead(string name, string reason) => $"{name} could not be read: {reason}";

    public static string Reading(string name) => $"Reading {name}";

    public static string Progress(DroppedImage image) => Invariant($"Computing {image.Number}. {image.Name}");

    public static string Done(int embedded, int all) => embedded == all
        ? Invariant($"{all} images have their vectors") : Invariant($"{embedded} of {all} images have their vectors");

    public static string DuplicateOf(DroppedImage other) => Invariant($"A duplicate of {other.Number}. {other.Name}");

    public static string NearestOf(DroppedImage image) => $"Nearest to {image.Name}";

    public static string Cosine(float cosine) => Invariant($"cosine {cosine:0.000}");

    public static string Short(float cosine) => Invariant($"{cosine:0.00}");

    public static string Facts(int dimensions, bool isCached) =>
        Invariant($"{dimensions} numbers{(isCached ? ", from the cache" : "")}; where the time went");

    public static string Vector(float[] vector) => string.Join(", ", vector.Take(16).Select(number => Invariant($"{number:0.0000}")))
        + (vector.Length > 16 ? ", …" : "");

    public static string CopyOf(string language) => $"Copy {language}";

    public static string Copied(string language) => $"{language} is copied";

    public static string PatchesHint(int shown) => Invariant(
        $"Patch tokens of the first {shown} images in the three directions in which those of all of them differ most: red, green, blue. ")
        + "Alike colours are alike patches, in one image or in two.";

    public static string PatchesDone(int images, int layer) => Invariant($"Patches of {images} images at layer {layer}");

    public static string NoRoomForPatches(DroppedImage image, long bytes, long bound) => Invariant(
        $"The patches of {image.Name} are {bytes} bytes, for which there is no room in the {bound} that {Holder(bound)} may hold; ")
        + "they and those behind them are not shown. Fewer images leave more room";

    public static string ColoursOf(DroppedImage image) => $"Principal components of the patches of {image.Name}";

    public static string SaliencyOf(DroppedImage image, int row, int column) =>
        Invariant($"Likeness of the patches of {image.Name} to the one in row {row}, column {column}");

    private static string Holder(long bound) => bound == PageMemory.MaxBytes ? "all pages of this process" : "a page";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
