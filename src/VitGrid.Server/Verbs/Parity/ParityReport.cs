using System.Globalization;
using Spectre.Console;
using VitGrid.Runtime.Parity;

namespace VitGrid.Server.Verbs.Parity;

/// <summary>Prints how far each tensor is from the expected one.</summary>
internal static class ParityReport
{
    public static void Print(Terminal terminal, IReadOnlyList<TensorParity> tensors, ParityLimit limit)
    {
        if (terminal.OutIsTerminal)
            terminal.OutConsole().Write(Draw(tensors, limit));
        else
        {
            foreach (TensorParity tensor in tensors)
                terminal.Out.WriteLine(Line(tensor, limit));
        }
    }

    private static string Line(TensorParity tensor, ParityLimit limit) => JsonLines.Line(new
    {
        tensor = tensor.Name,
        tensor.Shape,
        maxAbsError = tensor.MaxAbsoluteError,
        maxScaledError = tensor.MaxScaledError,
        tensor.Cosine,
        pass = limit.Passes(tensor),
    });

    private static Table Draw(IEnumerable<TensorParity> tensors, ParityLimit limit)
    {
        Table table = new Table().AddColumns("tensor", "shape", "max abs error", "error / max(1, |expected|)", "cosine", "");
        foreach (TensorParity tensor in tensors)
        {
            table.AddRow(
                new Text(tensor.Name),
                new Text(string.Join('×', tensor.Shape)),
                new Text(tensor.MaxAbsoluteError.ToString("0.0e+0", CultureInfo.InvariantCulture)),
                new Text(tensor.MaxScaledError.ToString("0.0e+0", CultureInfo.InvariantCulture)),
                new Text(tensor.Cosine.ToString("0.00000000", CultureInfo.InvariantCulture)),
                limit.Passes(tensor) ? new Text("pass") : new Text("FAIL", new Style(Color.Red)));
        }
        return table;
    }
}
