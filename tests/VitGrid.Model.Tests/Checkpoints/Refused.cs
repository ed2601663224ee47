using VitGrid.Model.Tensors;

namespace VitGrid.Model.Tests.Checkpoints;

/// <summary>Asserts that something is refused, and what the message holds.</summary>
internal static class Refused
{
    public static void With(Action action, params string[] expected)
    {
        string message = Assert.Throws<CheckpointException>(action).Message;
        Assert.All(expected, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
