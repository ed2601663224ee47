using PublicApiGenerator;
using VitGrid.Tests.Golden;

namespace VitGrid.Client.Tests;

public sealed class PublicApiTests
{
    /// <summary>A change of the public surface is a decision: the approved file is edited with it and reviewed.</summary>
    [Fact]
    public void The_public_surface_is_the_approved_one() => ApprovedText.Verify(
        "client-public-api.txt",
        typeof(VitGridClient).Assembly.GeneratePublicApi(new() { IncludeAssemblyAttributes = false }));
}
