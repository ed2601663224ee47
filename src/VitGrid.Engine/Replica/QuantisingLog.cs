using Microsoft.Extensions.Logging;

namespace VitGrid.Engine.Replica;

/// <summary>Is told how far the quantisation of a model's weights is: in a server's log, or on a terminal.</summary>
public interface IQuantisingObserver
{
    /// <summary>Where the progress of one model goes, from 0 to 1.</summary>
    IProgress<double> Follow(string model);
}

/// <summary>Logs it.</summary>
public sealed class QuantisingLogs(ILogger<Stage> logger) : IQuantisingObserver
{
    /// <inheritdoc/>
    public IProgress<double> Follow(string model) => new QuantisingLog(model, logger);
}

/// <summary>Logs every tenth of a model's quantisation, which takes from a second to minutes, once for each model and machine.</summary>
internal sealed partial class QuantisingLog(string model, ILogger logger) : IProgress<double>
{
    private int _tenths = -1;

    public void Report(double value)
    {
        int tenths = (int)(value * 10);
        if (tenths <= _tenths)
            return;
        _tenths = tenths;
        LogProgress(model, tenths * 10);
    }

    [LoggerMessage(4011, LogLevel.Information, "Model {Model}: weights are being quantised to 8 bits, {Percent} % done")]
    private partial void LogProgress(string model, int percent);
}
