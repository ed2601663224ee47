using VitGrid.Engine.FrontEnd;
using VitGrid.Engine.Replica;

namespace VitGrid.Engine.Tests.Replica;

public sealed class PixelStoreTests
{
    private readonly PixelStore _store = new();
    private int _givenBack;

    [Fact]
    public void Pixels_stay_until_the_last_holder_leaves_and_give_their_charge_back_once()
    {
        Pixels pixels = _store.Rent(12, new Charge(() => _givenBack++));
        Pixels held = _store.Hold(pixels.Id);
        pixels.Dispose();
        Assert.Equal((1, 0, 12), (_store.Count, _givenBack, held.Memory.Length));
        held.Dispose();
        Assert.Equal((0, 1), (_store.Count, _givenBack));
    }

    [Fact]
    public void Pixels_without_holder_cannot_be_held_again()
    {
        Pixels pixels = _store.Rent(12, new Charge(() => _givenBack++));
        pixels.Dispose();
        Assert.False(pixels.TryHold());
        Assert.Throws<KeyNotFoundException>(() => _store.Hold(pixels.Id));
    }
}
