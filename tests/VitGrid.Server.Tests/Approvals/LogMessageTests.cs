using System.Reflection;
using Microsoft.Extensions.Logging;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Approvals;

/// <summary>Every line that the program can log: number, level, event and template.</summary>
public sealed class LogMessageTests
{
    private const BindingFlags All =
        BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>A project's event ids are those of its thousand; within it each class has a ten of its own, or several.</summary>
    private static readonly Dictionary<string, int> Thousands = new()
    {
        ["VitGrid.Transport"] = 1,
        ["VitGrid.Model"] = 2,
        ["VitGrid.Runtime"] = 3,
        ["VitGrid.Engine"] = 4,
        ["VitGrid.Cluster"] = 5,
        ["VitGrid.Indexing"] = 6,
        ["vitgrid"] = 7,
        ["VitGrid.Access"] = 8,
        ["VitGrid.Page"] = 9,
    };

    [Fact]
    public void Every_log_message_is_an_approved_one() => ApprovedText.Verify(
        "log-messages.txt",
        Messages().OrderBy(message => message.Attribute.EventId).Select(message =>
            $"{message.Attribute.EventId} | {message.Attribute.Level,-11} | {message.Name} | {message.Attribute.Message}"));

    [Fact]
    public void Every_log_message_has_an_event_id_that_no_other_has() =>
        Assert.Empty(Messages().GroupBy(message => message.Attribute.EventId).Where(group => group.Count() > 1 || group.Key <= 0)
            .SelectMany(group => group, (group, message) => $"{group.Key} {message.Type.FullName}.{message.Name}"));

    [Fact]
    public void Every_event_id_lies_in_the_thousand_of_its_project() =>
        Assert.Empty(Messages().Where(message => message.Attribute.EventId / 1000 != Thousands[message.Type.Assembly.GetName().Name!])
            .Select(message => $"{message.Attribute.EventId} {message.Type.FullName}.{message.Name}"));

    [Fact]
    public void A_ten_of_event_ids_belongs_to_one_class() =>
        Assert.Empty(Messages().GroupBy(message => message.Attribute.EventId / 10)
            .Where(ten => ten.Select(message => message.Type).Distinct().Count() > 1)
            .Select(ten => $"{ten.Key}x: {string.Join(", ", ten.Select(message => message.Type.FullName).Distinct())}"));

    private static IEnumerable<(Type Type, string Name, LoggerMessageAttribute Attribute)> Messages() =>
        from assembly in Shipped()
        from type in assembly.GetTypes()
        from method in type.GetMethods(All)
        let message = method.GetCustomAttribute<LoggerMessageAttribute>()
        where message is not null
        select (type, message.EventName ?? method.Name, message);

    /// <summary>The assemblies of the product, whatever they are called after a reform.</summary>
    private static IEnumerable<Assembly> Shipped() =>
        from file in Directory.EnumerateFiles(AppContext.BaseDirectory, "*.dll").Order(StringComparer.Ordinal)
        let name = Path.GetFileNameWithoutExtension(file)
        where name.StartsWith("vitgrid", StringComparison.OrdinalIgnoreCase) && !name.EndsWith("Tests", StringComparison.Ordinal)
        select Assembly.Load(name);
}
