namespace VitGrid.Cluster.Grains;

/// <summary>What the membership's own record says of a process.</summary>
internal enum Standing
{
    /// <summary>It is held for alive.</summary>
    Member,

    /// <summary>It was declared dead, and others have taken its place.</summary>
    Dead,

    /// <summary>The record does not hold it: whatever kept it came back empty.</summary>
    Missing,
}

/// <summary>
/// Asks the membership's record itself, past all that this process knows: the view of a process moves forward only, so it never sees that
/// the record began anew.
/// </summary>
internal sealed class MembershipRecord(IMembershipTable record, ILocalSiloDetails self)
{
    /// <summary>What the record says of this process.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="Exception">The record cannot be read.</exception>
    public async Task<Standing> ReadAsync(CancellationToken cancellationToken) =>
        StandingIn(await ReadRecordAsync(cancellationToken), self.SiloAddress);

    private async Task<MembershipTableData> ReadRecordAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await record.ReadAllAsync(cancellationToken).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A record that was deleted is an error to its reader until somebody begins it; where there is one, this changes nothing.
            await record.InitializeMembershipTableAsync(true, cancellationToken).WaitAsync(cancellationToken);
            return await record.ReadAllAsync(cancellationToken).WaitAsync(cancellationToken);
        }
    }

    /// <summary>What a record that was read says of <paramref name="silo"/>.</summary>
    internal static Standing StandingIn(MembershipTableData read, SiloAddress silo)
    {
        SiloStatus? status = read.Members.Select(row => row.Item1).FirstOrDefault(row => row.SiloAddress.Equals(silo))?.Status;
        return status switch
        {
            null or SiloStatus.None => Standing.Missing,
            SiloStatus.Dead => Standing.Dead,
            _ => Standing.Member,
        };
    }
}
