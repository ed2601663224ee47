namespace VitGrid.Runtime.Devices;

/// <summary>A device cannot do what it was asked; the message says what the driver answered.</summary>
public sealed class DeviceException(string message) : Exception(message);
