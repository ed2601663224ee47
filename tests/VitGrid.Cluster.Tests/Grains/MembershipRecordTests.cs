using System.Net;
using VitGrid.Cluster.Grains;

namespace VitGrid.Cluster.Tests.Grains;

public sealed class MembershipRecordTests
{
    private static readonly SiloAddress Self = SiloAddress.New(IPAddress.Loopback, 1_111, 5);
    private static readonly SiloAddress Other = SiloAddress.New(IPAddress.Loopback, 1_111, 6);

    [Theory]
    [InlineData(SiloStatus.Active, Standing.Member)]
    [InlineData(SiloStatus.ShuttingDown, Standing.Member)]
    [InlineData(SiloStatus.Dead, Standing.Dead)]
    public void A_process_stands_as_its_own_row_says(SiloStatus status, object standing) =>
        Assert.Equal(standing, MembershipRecord.StandingIn(Record((Other, SiloStatus.Active), (Self, status)), Self));

    [Fact]
    public void A_record_that_came_back_empty_misses_it_and_so_does_one_that_others_began_anew()
    {
        Assert.Equal(Standing.Missing, MembershipRecord.StandingIn(Record(), Self));
        Assert.Equal(Standing.Missing, MembershipRecord.StandingIn(Record((Other, SiloStatus.Active)), Self));
    }

    private static MembershipTableData Record(params (SiloAddress Silo, SiloStatus Status)[] rows) => new(
        [.. rows.Select(row => Tuple.Create(new MembershipEntry { SiloAddress = row.Silo, Status = row.Status }, "etag"))],
        new TableVersion(3, "etag"));
}
