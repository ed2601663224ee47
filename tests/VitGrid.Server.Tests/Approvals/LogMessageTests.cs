using System.Reflection;
using Microsoft.Extensions.Logging;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>Every line that the program can log: level, event and template.</summary>
public sealed class LogMessageTests
{
    private const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    [Fact]
    public void Every_log_message_is_an_approved_one() => ApprovedText.Verify("log-messages.txt", Messages().Select(message =>
        $"{message.Level,-11} | {message.EventName} | {message.Message}").Order(StringComparer.Ordinal));

    private static IEnumerable<LoggerMessageAttribute> Messages() =>
        from assembly in Shipped()
        from type in assembly.GetTypes()
        from method in type.GetMethods(All)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message is not null
        select new LoggerMessageAttribute(message.EventId, message.Level, message.Message) { EventName = message.EventName ?? method.Name };

    /// <summary>The assemblies of the product, whatever they are called after a reform.</summary>
    private static IEnumerable<Assembly> Shipped() =>
        from file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Order(StringComparer.Ordinal)
        let name = Path.GetFileNameWithoutExtension(file)
        where name.StartsWith("vitgrid", StringComparison.OrdinalIgnoreCase) && !name.EndsWith("Tests", StringComparison.Ordinal)
        select Assembly.Load(name);
}
