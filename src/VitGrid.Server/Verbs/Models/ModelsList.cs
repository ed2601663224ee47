using Spectre.Console;
using VitGrid.Model.Checkpoints;
using VitGrid.Model.Tensors;
using VitGrid.Server.Api.Pages;

namespace VitGrid.Server.Verbs.Models;

/// <summary><c>vitgrid models list</c>.</summary>
internal static class ModelsList
{
    public static Verb Create(VerbContext context)
    {
        Verb verb = new("list", "List the bundled and the imported models.", "vitgrid models list");
        verb.SetAction((_, _) => Task.FromResult(Run(context)));
        return verb;
    }

    private static int Run(VerbContext context)
    {
        IReadOnlyList<DiskModel> rows = Known(context.Roots);
        if (context.Terminal.OutIsTerminal)
            context.Terminal.OutConsole().Write(Draw(rows));
        else
        {
            foreach (DiskModel row in rows)
                context.Terminal.Out.WriteLine(JsonLines.Line(row));
        }
        return ExitCode.Done;
    }

    /// <summary>The models in the folders.</summary>
    public static IReadOnlyList<DiskModel> Known(ModelRoots roots) => [.. new ModelLocator(roots).Known().Select(Describe)];

    private static DiskModel Describe(LocatedModel model)
    {
        DiskModel row = new(model.Name, model.OriginName, model.Directory, null, null, null, null);
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(model.Directory);
            return row with
            {
                Architecture = ArchitectureText.Describe(checkpoint.Architecture),
                Dimensions = checkpoint.Architecture.Poolings.Width(
                    checkpoint.Architecture.Poolings.Default, checkpoint.Architecture.Width),
                Bytes = checkpoint.WeightBytes,
            };
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return row with { Error = exception.Message };
        }
    }

    private static Table Draw(IEnumerable<DiskModel> rows)
    {
        Table table = new Table().AddColumns("name", "origin", "dimensions", "weights", "architecture", "folder");
        foreach (DiskModel row in rows)
        {
            table.AddRow(
                Markup.Escape(row.Name),
                row.Origin,
                row.Dimensions?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "",
                row.Bytes is { } bytes ? Amounts.Bytes(bytes) : "",
                Markup.Escape(row.Architecture ?? row.Error ?? ""),
                Markup.Escape(row.Directory));
        }
        return table;
    }
}
