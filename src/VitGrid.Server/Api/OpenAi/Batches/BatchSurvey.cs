using VitGrid.Engine.Errors;
using VitGrid.Server.Api.Errors;

namespace VitGrid.Server.Api.OpenAi.Batches;

/// <summary>What the lines of a batch come to.</summary>
internal sealed record BatchSurvey
{
    private const int MaxErrors = 100;

    private readonly List<BatchError> _repeated = [];
    private readonly List<BatchError> _refusals = [];
    private int _most;

    /// <summary>The first good line.</summary>
    public BatchLine? Lead { get; private set; }

    public int Lines { get; private set; }

    public int Refused { get; private set; }

    /// <summary>Images for the queue.</summary>
    public int Items { get; private set; }

    public static BatchSurvey From(IEnumerable<BatchLine> lines, int most, CancellationToken cancellationToken)
    {
        BatchSurvey survey = new() { _most = most };
        foreach (BatchLine line in lines)
        {
            cancellationToken.ThrowIfCancellationRequested();
            survey.Add(line);
            if (survey.IsTooLarge)
                break;
        }
        return survey;
    }

    /// <summary>Why there can be no batch; null when there can.</summary>
    public BatchError[]? Errors(string file)
    {
        if (IsTooLarge)
            return [new(ApiCode.PayloadTooLarge,
                $"file '{file}' has more than {_most:N0} images and refused lines (VitGrid:Indexing:BatchInputs); split it into several "
                    + $"batches", "input_file_id", null)];
        if (_repeated.Count > 0)
            return [.. _repeated];
        if (Lines == 0)
            return [new("empty_file", $"file '{file}' has no lines", "input_file_id", null)];
        return Lead is null ? [.. _refusals] : null;
    }

    private bool IsTooLarge => Items + Refused > _most;

    private void Add(BatchLine line)
    {
        Lines++;
        Items += line.Images.Count(image => image.Uri is not null);
        if (line.IsRepeated && _repeated.Count < MaxErrors)
            _repeated.Add(new("duplicate_custom_id",
                $"line {line.Number}: custom_id '{Quote.Short(line.CustomId)}' is that of an earlier line; each must differ, since answers "
                    + $"are told by it", "custom_id", line.Number));
        if (line.Fault is not { } fault)
        {
            Lead ??= line;
            return;
        }
        Refused++;
        if (_refusals.Count < MaxErrors)
            _refusals.Add(new(fault.Code, fault.Message, fault.Param, line.Number));
    }
}
