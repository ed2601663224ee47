using System.Net;

namespace VitGrid.Transport.Tests;

/// <summary>Who makes room when more connect than can be greeted.</summary>
public sealed class GreetingBoardTests
{
    [Fact]
    public void The_oldest_of_an_address_that_has_its_fill_makes_room()
    {
        GreetingBoard board = new(max: 10, maxPerAddress: 2);
        Greeting first = From(1), second = From(1), other = From(2), third = From(1);
        Assert.Null(board.Add(first));
        Assert.Null(board.Add(other));
        Assert.Null(board.Add(second));
        Assert.Same(first, board.Add(third));
        Assert.Same(second, board.Add(From(1)));
        Assert.Equal(3, board.Count);
    }

    [Fact]
    public void When_all_places_are_taken_the_address_with_the_most_makes_room_for_another()
    {
        GreetingBoard board = new(max: 3, maxPerAddress: 3);
        Greeting flood = From(1);
        board.Add(From(2));
        board.Add(flood);
        board.Add(From(1));
        Assert.Same(flood, board.Add(From(3)));
    }

    [Fact]
    public void A_known_address_keeps_its_place_while_strangers_have_one()
    {
        GreetingBoard board = new(max: 3, maxPerAddress: 3);
        Greeting stranger = From(2);
        board.Add(From(1, isKnown: true));
        board.Add(From(1, isKnown: true));
        board.Add(stranger);
        Assert.Same(stranger, board.Add(From(3)));
    }

    [Fact]
    public void Whoever_is_through_leaves_its_place()
    {
        GreetingBoard board = new(max: 1, maxPerAddress: 1);
        Greeting done = From(1);
        board.Add(done);
        board.Remove(done);
        Assert.Null(board.Add(From(1)));
    }

    private static Greeting From(byte last, bool isKnown = false) => new(new IPAddress([10, 0, 0, last]), isKnown);
}
