using Microsoft.Extensions.Logging;

namespace VitGrid.Engine.Replica;

/// <summary>Who is told how far a model's quantisation is.</summary>
internal delegate IProgress<double> FollowQuantising(string model);

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

    [LoggerMessage(LogLevel.Information, "Model {Model}: weights are being quantised to 8 bits, {Percent} % done")]
    private partial void LogProgress(string model, int percent);
}
