using VitGrid.Indexing.Formats;

namespace VitGrid.Indexing.Sinks;

/// <summary>Checks rows before anything of a part is written.</summary>
internal static class SinkRows
{
    /// <exception cref="SinkException">A row has another length than the schema says, or holds what the target's numbers
    /// cannot.</exception>
    public static void Check(string target, SinkSchema schema, NumberFormat numbers, IReadOnlyList<SinkRow> rows)
    {
        foreach (SinkRow row in rows)
        {
            // What features hold was checked when they were narrowed.
            if (schema.Features is { } features)
            {
                Check(target, features, row);
                continue;
            }
            if (row.Vector.Length != schema.Dimensions)
                throw Refused(row, $"{target}: the vector of '{row.Id}' has {row.Vector.Length} numbers; the sink holds vectors of "
                    + $"{schema.Dimensions}");
            if (FirstUnfit(row.Vector.Span, numbers) is { } unfit)
                throw Refused(row, string.Create(
                    CultureInfo.InvariantCulture, $"{target}: the vector of '{row.Id}' holds {unfit}; {Limit(numbers)}"));
        }
    }

    private static void Check(string target, FeatureSchema features, SinkRow row)
    {
        long asked = features.Tensors.Sum(tensor => tensor.Bytes) * (features.IsTiled ? row.Features?.Inputs ?? 1 : 1);
        if (row.Features?.Set.Bytes != asked)
            throw Refused(row, string.Create(CultureInfo.InvariantCulture,
                $"{target}: the features of '{row.Id}' have {row.Features?.Set.Bytes ?? 0} bytes; the sink holds rows of {asked}"));
    }

    public static SinkException Refused(SinkRow row, string message) => new(SinkFault.RowRefused, message) { RowId = row.Id };

    private static float? FirstUnfit(ReadOnlySpan<float> vector, NumberFormat numbers)
    {
        foreach (float number in vector)
        {
            if (numbers == NumberFormat.Float16 ? !Half.IsFinite((Half)number) : !float.IsFinite(number))
                return number;
        }
        return null;
    }

    private static string Limit(NumberFormat numbers) => numbers == NumberFormat.Float16
        ? "16-bit numbers end at 65504: use 32-bit ones or normalised vectors"
        : "only finite numbers can be stored: the weights or the precision are at fault";
}
