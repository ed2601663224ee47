namespace VitGrid.Runtime.Devices;

/// <summary>A device cannot do what it was asked; the message says what the driver answered.</summary>
/// <param name="message">What it answered.</param>
/// <param name="code">The driver's number for it; 0 where it has none.</param>
public sealed class DeviceException(string message, int code = 0) : Exception(message)
{
    /// <summary>The driver's number for it; 0 where it has none.</summary>
    public int Code => code;
}
