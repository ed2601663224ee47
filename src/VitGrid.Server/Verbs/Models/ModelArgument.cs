using System.CommandLine;

namespace VitGrid.Server.Verbs.Models;

/// <summary>The argument of verbs that take one model.</summary>
internal static class ModelArgument
{
    public static Argument<string> Create() => new("NAME|DIR")
    {
        Description = "A known model's name, a checkpoint's folder, or a Hugging Face id or address that lies in the local cache",
    };
}
