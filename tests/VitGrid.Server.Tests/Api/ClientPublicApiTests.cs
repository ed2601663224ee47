using System.Reflection;
using VitGrid.Client;
using VitGrid.Tests.Golden;

namespace VitGrid.Server.Tests.Api;

public sealed class ClientPublicApiTests
{
    private static readonly string Approved = Path.Combine(GoldenFiles.Repository, "tests", "VitGrid.Server.Tests", "Api", "ClientPublicApi.txt");

    /// <summary>A change of the public surface is a decision: the approved file is edited with it and reviewed.</summary>
    [Fact]
    public void The_clients_public_surface_is_the_approved_one() =>
        Assert.Equal(File.ReadAllText(Approved).ReplaceLineEndings("\n").Trim(), string.Join('\n', Surface()));

    private static IEnumerable<string> Surface() => typeof(VitGridClient).Assembly.GetExportedTypes()
        .OrderBy(type => type.FullName, StringComparer.Ordinal)
        .SelectMany(type => Members(type).Order(StringComparer.Ordinal).Prepend(type.FullName!));

    private static IEnumerable<string> Members(Type type) =>
        from member in type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
        where member is not MethodInfo { IsSpecialName: true } && !IsOfEveryRecord(member)
        select $"    {Describe(member)}";

    private static string Describe(MemberInfo member) => member is PropertyInfo property
        ? $"{property} {{ {(property.CanRead ? "get; " : "")}{(property.CanWrite ? "init; " : "")}}}"
        : member.ToString()!;

    private static bool IsOfEveryRecord(MemberInfo member) => member.Name is "Equals" or "GetHashCode" or "ToString" or "Deconstruct" or "<Clone>$";
}
